package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonProperty;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;

/**
 * Writes nothing of a record that its components tell already, as the record that is read
 * has it again, and nothing of a class that is only to be shown. Immutable.
 */
final class ComponentsOnly extends ValueSerializerModifier {

	private static final long serialVersionUID = 1L;

	@Override
	public List<BeanPropertyWriter> changeProperties(SerializationConfig config, BeanDescription.Supplier supplier,
			List<BeanPropertyWriter> writers) {
		BeanDescription description = supplier.get();
		if (!description.isRecordType()) {
			writers.removeIf((writer) -> isOnlyShown(description, writer.getName()));
			return writers;
		}
		Set<String> kept = new HashSet<>();
		for (BeanPropertyDefinition property : description.findProperties()) {
			if (property.hasConstructorParameter() || property.hasField()) {
				kept.add(property.getName());
			}
		}
		String typeName = NamedTypes.ownProperty(description.getClassInfo(), config);
		if (typeName != null) {
			kept.add(typeName);
		}
		// Jackson goes on with the list and changes it.
		return new ArrayList<>(writers.stream().filter((writer) -> kept.contains(writer.getName())).toList());
	}

	private static boolean isOnlyShown(BeanDescription description, String name) {
		return description.findProperties()
			.stream()
			.anyMatch((property) -> property.getName().equals(name) && isOnlyShown(property));
	}

	/**
	 * Whether a property is read-only by its annotation, and nothing could set it.
	 */
	private static boolean isOnlyShown(BeanPropertyDefinition property) {
		JsonProperty annotation = (property.getAccessor() != null)
				? property.getAccessor().getAnnotation(JsonProperty.class) : null;
		return annotation != null && annotation.access() == JsonProperty.Access.READ_ONLY
				&& !property.hasConstructorParameter() && !property.hasSetter()
				&& !(property.hasField() && !Modifier.isFinal(property.getField().getModifiers()));
	}

}
