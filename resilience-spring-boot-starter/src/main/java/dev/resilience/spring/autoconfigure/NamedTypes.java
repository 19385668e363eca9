package dev.resilience.spring.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.ser.BeanPropertyWriter;

/**
 * What annotations say of the types that a part may be of, and how the data tells them
 * apart. It is only looked at: nothing is read by it. Immutable.
 */
final class NamedTypes {

	private final TypeDeserializer names;

	private NamedTypes(TypeDeserializer names) {
		this.names = names;
	}

	/**
	 * The types of a property, or {@code null} when it is of one.
	 */
	static @Nullable NamedTypes of(SettableBeanProperty property) {
		TypeDeserializer names = property.getValueTypeDeserializer();
		return (names != null) ? new NamedTypes(names) : null;
	}

	/**
	 * The types that one stands for, or {@code null} when it stands for itself.
	 */
	static @Nullable NamedTypes of(JavaType type, DeserializationContext context) {
		TypeDeserializer declared = (TypeDeserializer) type.getTypeHandler();
		TypeDeserializer names = (declared != null) ? declared : context.findTypeDeserializer(type);
		return (names != null) ? new NamedTypes(names) : null;
	}

	/**
	 * The types of a property that another property beside it tells apart, or
	 * {@code null} when there is no such other one.
	 */
	static @Nullable NamedTypes beside(JavaType type, AnnotatedMember member, DeserializationContext context) {
		TypeDeserializer names = context.findPropertyTypeDeserializer(type, member);
		return (names != null && names.getTypeInclusion() == JsonTypeInfo.As.EXTERNAL_PROPERTY) ? new NamedTypes(names)
				: null;
	}

	/**
	 * Whether they are told apart by their properties. That goes by names of classes too;
	 * for those in the data, nothing is made that could read them.
	 */
	boolean areDeduced() {
		return this.names.getTypeIdResolver().getMechanism() == JsonTypeInfo.Id.CLASS;
	}

	/**
	 * Whether somebody's own code names them.
	 */
	boolean areOpen() {
		return this.names.getTypeIdResolver().getMechanism() == JsonTypeInfo.Id.CUSTOM;
	}

	/**
	 * The types of a part that can be made and have names.
	 */
	List<ResultPart> parts(ResultPart part, DeserializationContext context) {
		List<ResultPart> parts = new ArrayList<>();
		for (NamedType each : context.getConfig()
			.getSubtypeResolver()
			.collectAndResolveSubtypesByTypeId(context.getConfig(), part.member(), part.type())) {
			JavaType type = context.constructSpecializedType(part.type(), each.getType());
			if (!type.isAbstract()) {
				parts.add(part.narrowed(type, typeId(part, context)));
			}
		}
		return parts;
	}

	private ResultPart.@Nullable TypeId typeId(ResultPart part, DatabindContext context) {
		boolean isWritten = this.names.getTypeInclusion() == JsonTypeInfo.As.EXISTING_PROPERTY;
		String property = this.names.getPropertyName();
		if (property == null || !(isWritten || this.names.getTypeInclusion() == JsonTypeInfo.As.PROPERTY)) {
			return null;
		}
		JsonTypeInfo.Value info = info(part.member(), context);
		if (info == null) {
			info = info(context.introspectClassAnnotations(part.type()), context);
		}
		return new ResultPart.TypeId(property, isWritten, info != null && info.getIdVisible());
	}

	/**
	 * The property of its own that names the type of an object, or {@code null}.
	 */
	static @Nullable String ownProperty(AnnotatedClass type, MapperConfig<?> config) {
		JsonTypeInfo.Value info = config.getAnnotationIntrospector().findPolymorphicTypeInfo(config, type);
		return (info != null && info.getInclusionType() == JsonTypeInfo.As.EXISTING_PROPERTY) ? info.getPropertyName()
				: null;
	}

	/**
	 * Whether an annotation says that the data is to name a class.
	 */
	static boolean nameClasses(ResultPart part, DatabindContext context) {
		return nameClasses(info(part.member(), context))
				|| nameClasses(info(context.introspectClassAnnotations(part.type()), context));
	}

	private static boolean nameClasses(JsonTypeInfo.@Nullable Value info) {
		return info != null
				&& (info.getIdType() == JsonTypeInfo.Id.CLASS || info.getIdType() == JsonTypeInfo.Id.MINIMAL_CLASS);
	}

	private static JsonTypeInfo.@Nullable Value info(@Nullable Annotated annotated, DatabindContext context) {
		return (annotated != null)
				? context.getAnnotationIntrospector().findPolymorphicTypeInfo(context.getConfig(), annotated) : null;
	}

	/**
	 * Whether the name of a property's type is written beside the property.
	 */
	static boolean areBeside(BeanPropertyWriter property) {
		TypeSerializer names = property.getTypeSerializer();
		return names != null && names.getTypeInclusion() == JsonTypeInfo.As.EXTERNAL_PROPERTY;
	}

}
