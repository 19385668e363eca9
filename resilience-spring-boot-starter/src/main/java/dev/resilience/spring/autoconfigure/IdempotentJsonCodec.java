package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;

import dev.resilience.idempotency.store.ResultCodec;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;

/**
 * Results as JSON, by Jackson. Thread-safe.
 */
final class IdempotentJsonCodec implements ResultCodec {

	// The mapper is ours, not the application's: that one may write for other readers,
	// and may have been told to write the names of classes. Here a name of a class is
	// never followed. A property that the type does not have means that the type has
	// changed since: a result with something missing would be a wrong answer, so it is
	// none.

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.findAndAddModules()
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
				DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.polymorphicTypeValidator(new NoClassNames())
		.build();

	private final ObjectWriter writer;

	private final ObjectReader reader;

	private IdempotentJsonCodec(JavaType type) {
		this.writer = MAPPER.writerFor(type);
		this.reader = MAPPER.readerFor(type);
	}

	/**
	 * Makes the codec of a type.
	 * @throws IllegalArgumentException when Jackson cannot read such a type
	 */
	static ResultCodec of(String operation, Type type) {
		JavaType javaType = MAPPER.constructType(type);
		if (javaType.isJavaLangObject()) {
			throw unfit(operation, type, "Object says nothing of what to read", null);
		}
		IdempotentJsonCodec codec = new IdempotentJsonCodec(javaType);
		try {
			codec.reader.readValue("null");
		}
		catch (JacksonException ex) {
			throw unfit(operation, type, ex.getOriginalMessage(), ex);
		}
		return codec;
	}

	private static IllegalArgumentException unfit(String operation, Type type, String reason,
			@Nullable Exception cause) {
		return new IllegalArgumentException(
				"the results of '" + operation + "', of type " + type.getTypeName() + ", cannot be read from a store: "
						+ reason
						+ ". Return a record or another concrete type, or define a bean of type ResultCodec.Factory.",
				cause);
	}

	@Override
	public byte[] encode(Object value) {
		return this.writer.writeValueAsBytes(value);
	}

	@Override
	public Object decode(byte[] bytes) {
		return this.reader.readValue(bytes);
	}

	/**
	 * Refuses every class that a document names.
	 */
	private static final class NoClassNames extends PolymorphicTypeValidator.Base {

		private static final long serialVersionUID = 1L;

		@Override
		public Validity validateBaseType(DatabindContext context, JavaType baseType) {
			return Validity.DENIED;
		}

		@Override
		public Validity validateSubClassName(DatabindContext context, JavaType baseType, String subClassName) {
			return Validity.DENIED;
		}

		@Override
		public Validity validateSubType(DatabindContext context, JavaType baseType, JavaType subType) {
			return Validity.DENIED;
		}

	}

}
