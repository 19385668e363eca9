package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Method;
import java.util.Collections;
import java.util.Map;

import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.deser.jdk.JDKKeyDeserializer;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.ReflectionUtils;

/**
 * Looks for keys of maps, and for constants, that would be read as others than were
 * written. For one thread.
 */
final class ReadableKeys {

	// A key that no annotation speaks of is written by toString() and read by the
	// constructor or method that takes a text. For most types, for all records that leave
	// toString() alone, those two do not fit, and nobody would notice: a record takes any
	// text. So a key is made, written and read again. Of a type that does not take that
	// text it only counts whether something says what a key is written as.

	private static final String TRIAL = "key";

	private final JsonMapper mapper;

	private final DeserializationContext context;

	ReadableKeys(JsonMapper mapper, DeserializationContext context) {
		this.mapper = mapper;
		this.context = context;
	}

	/**
	 * Requires that the keys of a map, if the part is one, are read as they were written.
	 */
	void require(ResultPart part) {
		JavaType type = part.type();
		JavaType key = type.isMapLikeType() ? type.getKeyType()
				: type.isTypeOrSubTypeOf(Map.Entry.class) ? type.containedType(0) : null;
		if (key == null) {
			return;
		}
		if (key.hasRawClass(Class.class)) {
			throw part.unfit("has keys that would be any classes that the data names, and none of those is followed",
					"Declare a text or an enum");
		}
		if (key.isEnumType()) {
			requireConstants(part.as(key));
		}
		else if (!key.getRawClass().getName().startsWith("java.") && !isWrittenAsRead(key)) {
			throw part.unfit("has keys of type " + key.toCanonical() + ", which are not written as they are read",
					"Mark what a key is written as with @JsonKey or @JsonValue");
		}
	}

	private boolean isWrittenAsRead(JavaType type) {
		KeyDeserializer reader = this.context.findKeyDeserializer(type, null);
		if (!(reader instanceof JDKKeyDeserializer)) {
			return true;
		}
		try {
			// A type may change the text, to upper case say, but only once.
			String written = written(reader, TRIAL);
			return written.equals(written(reader, written));
		}
		catch (RuntimeException ex) {
			return isTold(type) || !isPrintedAsAnyOther(type.getRawClass());
		}
	}

	private boolean isTold(JavaType type) {
		BeanDescription description = this.context.introspectBeanDescription(type);
		return description.findJsonKeyAccessor() != null || description.findJsonValueAccessor() != null;
	}

	private static boolean isPrintedAsAnyOther(Class<?> type) {
		Method print = ReflectionUtils.findMethod(type, "toString");
		return type.isRecord() || (print != null && print.getDeclaringClass() == Object.class);
	}

	private String written(KeyDeserializer reader, String text) {
		Object key = reader.deserializeKey(text, this.context);
		return this.mapper.valueToTree(Collections.singletonMap(key, 0)).propertyNames().iterator().next();
	}

	/**
	 * Requires that no two constants of an enum are written alike.
	 */
	void requireConstants(ResultPart part) {
		Object[] constants = part.type().getRawClass().getEnumConstants();
		for (int index = 0; constants != null && index < constants.length; index++) {
			if (isAnother(constants[index])) {
				throw part.unfit("is an enum whose constant " + ((Enum<?>) constants[index]).name()
						+ " is written as another one is", "Give each constant a text of its own");
			}
		}
	}

	private boolean isAnother(Object constant) {
		try {
			Object read = this.mapper.readValue(this.mapper.writeValueAsBytes(constant),
					((Enum<?>) constant).getDeclaringClass());
			return read != null && read != constant;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

}
