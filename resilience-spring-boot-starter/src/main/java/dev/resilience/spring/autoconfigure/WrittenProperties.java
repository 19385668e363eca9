package dev.resilience.spring.autoconfigure;

import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.bean.BuilderBasedDeserializer;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.PropertyWriter;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.ser.jackson.JsonValueSerializer;

/**
 * What is written of a result, against what is read of it. For one thread.
 */
final class WrittenProperties {

	// A property that nothing reads makes every stored result of its type unreadable, as
	// it looks like one of another version. What a getter of a class tells may be kept
	// nowhere else, so whoever wrote the class is asked; for a record, ComponentsOnly
	// leaves it out.

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
	void requireReadable(ResultPart part, BeanDeserializerBase bean, DeserializationContext reading) {
		JavaType type = (bean instanceof BuilderBasedDeserializer) ? part.type() : bean.getValueType();
		ValueSerializer<?> writer = isWrittenByItsOwn(part) ? null : writer(part, type);
		ValueInstantiator maker = bean.getValueInstantiator();
		if (writer instanceof BeanSerializerBase) {
			requireMaker(part, takesObjects(maker));
			requireTypeIdWritten(part, writer);
			requirePropertiesRead(part, bean, reading, writer);
			requirePrimitivesWritten(part, bean, writer);
		}
		else {
			boolean isText = writer instanceof JsonValueSerializer && isText(reading, type);
			requireMaker(part, isText ? takesTexts(maker) : maker.canInstantiate());
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
							"Give it a getter, do not leave it out by an annotation");
			}
		}
	}

	private static void requireMaker(ResultPart part, boolean isThere) {
		if (!isThere) {
			throw part.unfit("has no constructor that takes what is written of it",
					"Make it a record, or mark a constructor or a static method with @JsonCreator");
		}
	}

	private static boolean takesObjects(ValueInstantiator maker) {
		return maker.canCreateUsingDefault() || maker.canCreateFromObjectWith() || maker.canCreateUsingDelegate();
	}

	/**
	 * Requires that a constant of an enum is not written as an object: none is read.
	 */
	void requireText(ResultPart part) {
		if (!isWrittenByItsOwn(part) && writer(part, part.type()) instanceof BeanSerializerBase) {
			throw part.unfit("is an enum that is written as an object, which cannot be read",
					"Leave its @JsonFormat out, or mark a static method with @JsonCreator");
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
			throw part.unfit("cannot be written: " + ex.getOriginalMessage(),
					"Change the getter or the annotation that this names", ex);
		}
	}

	private static void requirePropertiesRead(ResultPart part, BeanDeserializerBase bean,
			DeserializationContext reading, ValueSerializer<?> writer) {
		BeanDescription description = reading.introspectBeanDescription(bean.getValueType());
		JsonIgnoreProperties.Value ofType = ignoral(description.getClassInfo(), reading);
		JsonIgnoreProperties.Value here = ignoral(part.member(), reading);
		if (bean.hasAnySetter() || ofType.getIgnoreUnknown() || here.getIgnoreUnknown()) {
			return;
		}
		Set<String> read = namesRead(part, bean, reading);
		// What is ignored is known when the properties have been looked for, not before.
		description.findProperties();
		read.addAll(description.getIgnoredPropertyNames());
		read.addAll(ofType.findIgnoredForDeserialization());
		read.addAll(here.findIgnoredForDeserialization());
		if (part.typeId() != null && !read.contains(part.typeId().name())) {
			throw unread(part.property(part.typeId().name(), part.type(), null));
		}
		for (Iterator<PropertyWriter> properties = writer.properties(); properties.hasNext();) {
			PropertyWriter property = properties.next();
			if (!read.contains(property.getName()) && !isElsewhere(property)) {
				throw unread(part.property(property.getName(), property.getType(), property.getMember()));
			}
		}
	}

	/**
	 * The names of what is read. What names a type is read before the part is, unless the
	 * annotation says that the part is to see it too.
	 */
	private static Set<String> namesRead(ResultPart part, BeanDeserializerBase bean, DeserializationContext reading) {
		Set<String> read = new HashSet<>();
		if (part.typeId() != null && !part.typeId().isRead()) {
			read.add(part.typeId().name());
		}
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
		return read;
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
				"Give it a getter for that, and put @JsonTypeInfo on the type itself");
	}

	private static IllegalArgumentException unread(ResultPart part) {
		return part.unfit("is written but nothing reads it",
				"Give it a setter or a parameter of the constructor, or leave it out by @JsonIgnore");
	}

	/**
	 * Whether a property is written as, or with, properties of other names.
	 */
	private static boolean isElsewhere(PropertyWriter property) {
		return property instanceof BeanPropertyWriter bean && (bean.isUnwrapping() || NamedTypes.areBeside(bean));
	}

	private static JsonIgnoreProperties.Value ignoral(@Nullable Annotated annotated, DeserializationContext reading) {
		JsonIgnoreProperties.Value found = (annotated != null)
				? reading.getAnnotationIntrospector().findPropertyIgnoralByName(reading.getConfig(), annotated) : null;
		return (found != null) ? found : JsonIgnoreProperties.Value.empty();
	}

}
