package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.bean.BuilderBasedDeserializer;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.ser.AnyGetterWriter;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.PropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.ser.jackson.JsonValueSerializer;

/**
 * What is written of a result, against what is read of it. For one thread.
 */
final class WrittenProperties {

	// A property that nothing reads makes every stored result of its type unreadable, as
	// it looks like one of another version. A getter besides the components of a record
	// can only tell what they tell already, so it is not written: the record that is read
	// has it again. What a getter of a class tells may be kept nowhere else, so whoever
	// wrote the class is asked.

	private static final Set<String> OF_THROWABLE = Set.of("message", "localizedMessage", "suppressed", "stackTrace",
			"cause");

	private final SerializationContext context;

	WrittenProperties(JsonMapper mapper) {
		this.context = mapper._serializationContext();
	}

	/**
	 * Requires that an object can be made of what is written of it.
	 * @param part the object
	 * @param bean what reads it
	 * @param reading in which context
	 */
	void requireRead(ResultPart part, BeanDeserializerBase bean, DeserializationContext reading) {
		ValueInstantiator maker = bean.getValueInstantiator();
		JavaType type = (bean instanceof BuilderBasedDeserializer) ? part.type() : bean.getValueType();
		ValueSerializer<?> writer = isWrittenByItsOwn(part) ? null : writer(part, type);
		boolean isObject = writer instanceof BeanSerializerBase;
		boolean isText = writer instanceof JsonValueSerializer && isText(reading, type);
		if (!(isObject ? takesObjects(maker) : isText ? takesTexts(maker) : maker.canInstantiate())) {
			throw part.unfit("has no constructor that takes what is written of it",
					"Make it a record, or mark a constructor or a static method with @JsonCreator", null);
		}
		if (isObject) {
			requireTypeIdWritten(part, Objects.requireNonNull(writer));
			requireRead(part, bean, reading, writer);
			requirePrimitivesWritten(part, bean, writer);
		}
	}

	private static boolean isText(DeserializationContext reading, JavaType type) {
		AnnotatedMember value = reading.introspectBeanDescription(type).findJsonValueAccessor();
		return value != null && value.getRawType() == String.class;
	}

	private static boolean takesTexts(ValueInstantiator maker) {
		return maker.canCreateFromString() || maker.canCreateUsingDelegate();
	}

	/**
	 * Requires that all primitives that a constructor takes are written: there is no null
	 * to make up for one.
	 */
	private static void requirePrimitivesWritten(ResultPart part, BeanDeserializerBase bean,
			ValueSerializer<?> writer) {
		Set<String> written = new HashSet<>();
		writer.properties().forEachRemaining((property) -> written.add(property.getName()));
		for (Iterator<SettableBeanProperty> properties = bean.creatorProperties(); properties.hasNext();) {
			SettableBeanProperty property = properties.next();
			if (property.getType().isPrimitive() && property.getInjectableValueId() == null
					&& !written.contains(property.getName())) {
				throw part.property(property.getName(), property.getType(), property.getMember())
					.unfit("is taken by the constructor but never written",
							"Give it a getter, do not leave it out by an annotation", null);
			}
		}
	}

	private static boolean takesObjects(ValueInstantiator maker) {
		return maker.canCreateUsingDefault() || maker.canCreateFromObjectWith() || maker.canCreateUsingDelegate()
				|| maker.canCreateUsingArrayDelegate();
	}

	/**
	 * Requires that a constant of an enum is not written as an object: none is read.
	 */
	void requireText(ResultPart part) {
		if (!isWrittenByItsOwn(part) && writer(part, part.type()) instanceof BeanSerializerBase) {
			throw part.unfit("is an enum that is written as an object, which cannot be read",
					"Leave its @JsonFormat out, or mark a static method with @JsonCreator", null);
		}
	}

	private boolean isWrittenByItsOwn(ResultPart part) {
		AnnotationIntrospector annotations = this.context.getAnnotationIntrospector();
		return part.member() != null && (annotations.findSerializer(this.context.getConfig(), part.member()) != null
				|| annotations.findSerializationConverter(this.context.getConfig(), part.member()) != null);
	}

	private ValueSerializer<?> writer(ResultPart part, JavaType type) {
		try {
			return this.context.findPrimaryPropertySerializer(type, null);
		}
		catch (JacksonException ex) {
			throw part.unfit("cannot be written: " + ex.getOriginalMessage(), "Mend its annotations", ex);
		}
	}

	private static void requireRead(ResultPart part, BeanDeserializerBase bean, DeserializationContext reading,
			ValueSerializer<?> writer) {
		Set<String> read = new HashSet<>();
		BeanDescription description = reading.introspectBeanDescription(bean.getValueType());
		boolean readsAll = bean.hasAnySetter() || ignores(part.member(), reading, read)
				|| ignores(description.getClassInfo(), reading, read);
		if (!readsAll) {
			description.findProperties();
			read.addAll(description.getIgnoredPropertyNames());
			addNames(bean, reading, read);
			requireTypeIdRead(part, read);
			for (Iterator<PropertyWriter> properties = writer.properties(); properties.hasNext();) {
				PropertyWriter property = properties.next();
				if (!read.contains(property.getName()) && !isElsewhere(property)) {
					throw unread(part.property(property.getName(), property.getType(), property.getMember()));
				}
			}
		}
	}

	private static void addNames(BeanDeserializerBase bean, DeserializationContext reading, Set<String> read) {
		AnnotationIntrospector annotations = reading.getAnnotationIntrospector();
		for (Iterator<SettableBeanProperty> properties = bean.properties(); properties.hasNext();) {
			SettableBeanProperty property = properties.next();
			read.add(property.getName());
			List<PropertyName> aliases = (property.getMember() != null)
					? annotations.findPropertyAliases(reading.getConfig(), property.getMember()) : null;
			if (aliases != null) {
				aliases.forEach((alias) -> read.add(alias.getSimpleName()));
			}
		}
		if (Throwable.class.isAssignableFrom(bean.getValueType().getRawClass())) {
			read.addAll(OF_THROWABLE);
		}
	}

	/**
	 * What names a type is read before the part is, unless the annotation says that the
	 * part is to see it too.
	 */
	private static void requireTypeIdRead(ResultPart part, Set<String> read) {
		ResultPart.TypeId typeId = part.typeId();
		if (typeId != null && !typeId.isRead()) {
			read.add(typeId.name());
		}
		if (typeId != null && !read.contains(typeId.name())) {
			throw unread(part.property(typeId.name(), part.type(), null));
		}
	}

	private static void requireTypeIdWritten(ResultPart part, ValueSerializer<?> writer) {
		if (part.typeId() == null || !part.typeId().isWritten()) {
			return;
		}
		for (Iterator<PropertyWriter> properties = writer.properties(); properties.hasNext();) {
			if (properties.next().getName().equals(part.typeId().name())) {
				return;
			}
		}
		throw part.unfit("is written without '" + part.typeId().name() + "', which is to name its type",
				"Give it a getter for that, and put @JsonTypeInfo on the type itself", null);
	}

	private static IllegalArgumentException unread(ResultPart part) {
		return part.unfit("is written but nothing reads it",
				"Give it a setter or a parameter of the constructor, or leave it out by @JsonIgnore", null);
	}

	/**
	 * Whether a property is written as, or with, properties of other names.
	 */
	private static boolean isElsewhere(PropertyWriter property) {
		if (property instanceof AnyGetterWriter || !(property instanceof BeanPropertyWriter bean)) {
			return false;
		}
		return bean.isUnwrapping() || NamedTypes.areBeside(bean);
	}

	private static boolean ignores(@Nullable Annotated annotated, DeserializationContext reading, Set<String> ignored) {
		if (annotated == null) {
			return false;
		}
		JsonIgnoreProperties.Value found = reading.getAnnotationIntrospector()
			.findPropertyIgnoralByName(reading.getConfig(), annotated);
		if (found == null) {
			return false;
		}
		ignored.addAll(found.findIgnoredForDeserialization());
		return found.getIgnoreUnknown();
	}

	/**
	 * Writes nothing of a record that its components tell already, and nothing of a class
	 * that is only to be shown.
	 */
	static final class ComponentsOnly extends ValueSerializerModifier {

		private static final long serialVersionUID = 1L;

		@Override
		public List<BeanPropertyWriter> changeProperties(SerializationConfig config, BeanDescription.Supplier supplier,
				List<BeanPropertyWriter> writers) {
			BeanDescription description = supplier.get();
			if (!description.isRecordType()) {
				Set<String> shown = new HashSet<>();
				description.findProperties()
					.stream()
					.filter(ComponentsOnly::isOnlyShown)
					.map(BeanPropertyDefinition::getName)
					.forEach(shown::add);
				writers.removeIf((writer) -> shown.contains(writer.getName()));
				return writers;
			}
			Set<String> kept = new HashSet<>();
			for (BeanPropertyDefinition property : description.findProperties()) {
				if (property.hasConstructorParameter() || property.hasField()) {
					kept.add(property.getName());
				}
			}
			JsonTypeInfo.Value names = config.getAnnotationIntrospector()
				.findPolymorphicTypeInfo(config, description.getClassInfo());
			if (names != null && names.getInclusionType() == JsonTypeInfo.As.EXISTING_PROPERTY) {
				kept.add(names.getPropertyName());
			}
			// Jackson goes on with the list and changes it.
			return new ArrayList<>(writers.stream().filter((writer) -> kept.contains(writer.getName())).toList());
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

}
