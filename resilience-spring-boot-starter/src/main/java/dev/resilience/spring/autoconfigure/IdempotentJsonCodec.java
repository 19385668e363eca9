package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.web.idempotency.StoredHeaders;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;
import tools.jackson.databind.module.SimpleModule;

/**
 * Results as JSON, by Jackson. Thread-safe.
 */
final class IdempotentJsonCodec implements ResultCodec {

	private static final Logger LOGGER = LoggerFactory.getLogger(IdempotentOperation.class);

	private static final String UNTYPED = "The results of '{}', of type {}, may be replayed with values of other types:"
			+ " {} do not say what to read, so a number may come back as another kind of number, and a date as a text."
			+ " Declare the type.";

	// The mapper is ours, not the application's: that one may write for other readers,
	// and may have been told to write the names of classes. Here a name of a class is
	// never followed. A property that the type does not have means that the type has
	// changed since: a result with something missing would be a wrong answer, so it is
	// none.
	//
	// What is read has to equal what was written: constants of an enum go by their names,
	// as two may have one text, dates keep their zone, and no digit of a number is lost,
	// not even where the type does not say which number it is. An object without any
	// property would be read as an empty one, so it is not written.

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.annotationIntrospector(new WholeResults())
		.findAndAddModules()
		.addModule(new SimpleModule("components-only").setSerializerModifier(new ComponentsOnly()))
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
				DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
		.disable(EnumFeature.READ_ENUMS_USING_TO_STRING, EnumFeature.WRITE_ENUMS_USING_TO_STRING)
		.disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE, DateTimeFeature.NORMALIZE_DESERIALIZED_ZONE_ID)
		.enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
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
	 * @param operation whose results it writes
	 * @param type what they are
	 * @param storedHeaders the headers that are kept of a {@code ResponseEntity}
	 * @throws IllegalArgumentException when Jackson cannot read such a type
	 */
	static ResultCodec of(String operation, Type type, List<String> storedHeaders) {
		JavaType javaType = MAPPER.constructType(type);
		Class<?> raw = javaType.getRawClass();
		if (!IdempotentEntityCodec.handles(raw)) {
			requireReadable(operation, type, javaType);
			return new IdempotentJsonCodec(javaType);
		}
		JavaType body = javaType.containedTypeOrUnknown(0);
		requireReadable(operation, type, body);
		JavaType parts = MAPPER.getTypeFactory().constructParametricType(IdempotentEntityCodec.Parts.class, body);
		return new IdempotentEntityCodec(raw, new IdempotentJsonCodec(parts), new StoredHeaders(storedHeaders));
	}

	private static void requireReadable(String operation, Type type, JavaType part) {
		if (part.isJavaLangObject()) {
			throw unfit(operation, type,
					"Object says nothing of what to read. Return a record or another concrete type", null);
		}
		try {
			Set<String> untyped = ReadableTypes.require(MAPPER, part);
			if (!untyped.isEmpty()) {
				LOGGER.warn(UNTYPED, operation, type.getTypeName(), String.join(", ", untyped));
			}
		}
		catch (IllegalArgumentException ex) {
			throw unfit(operation, type, ex.getMessage(), ex);
		}
	}

	private static IllegalArgumentException unfit(String operation, Type type, @Nullable String reason,
			@Nullable Exception cause) {
		return new IllegalArgumentException("the results of '" + operation + "', of type " + type.getTypeName()
				+ ", cannot be read from a store: " + reason + ", or define a bean of type ResultCodec.Factory.",
				cause);
	}

	@Override
	public byte[] encode(Object value) {
		return this.writer.writeValueAsBytes(value);
	}

	@Override
	public Object decode(byte[] bytes) {
		try {
			// A result that is null is not written by a codec.
			return Objects.<Object>requireNonNull(this.reader.readValue(bytes), "There is no result");
		}
		catch (RuntimeException ex) {
			// What does not fit may be somebody's data, so only the cause tells it.
			throw new IllegalStateException("What is stored does not fit " + this.reader.getValueType().toCanonical()
					+ ": the type has changed since, or a part was of a subclass with more properties. Run the"
					+ " version that stored it, give the type what is missing, or"
					+ " forget the key if its call may run again.", ex);
		}
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
