package dev.resilience.spring.autoconfigure;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonGetter;
import com.fasterxml.jackson.annotation.JsonIdentityInfo;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.ObjectIdGenerators;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.aop.Warnings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonPOJOBuilder;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.annotation.JsonTypeIdResolver;
import tools.jackson.databind.jsontype.impl.TypeIdResolverBase;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.ser.std.ToStringSerializer;
import tools.jackson.databind.util.StdConverter;

import org.springframework.core.io.Resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Which types results may be of: all that can be read back as they were are taken, and of
 * the others it is told where they cannot.
 */
class ReadableTypesTests {

	@ParameterizedTest
	@MethodSource
	void typeThatCanBeReadShouldBeReadAsItWas(RecordComponent component) throws Exception {
		Object value = component.getAccessor().invoke(Fine.sample());
		ResultCodec codec = codec(component.getGenericType());
		assertThat(codec.decode(codec.encode(value))).usingRecursiveComparison().isEqualTo(value);
		assertThat(warnings(component.getGenericType())).isEmpty();
	}

	static Stream<RecordComponent> typeThatCanBeReadShouldBeReadAsItWas() {
		return Arrays.stream(Fine.class.getRecordComponents());
	}

	@Test
	void allTypesThatCanBeReadShouldBeReadInOneRecord() throws Exception {
		ResultCodec codec = codec(Fine.class);
		assertThat(codec.decode(codec.encode(Fine.sample()))).usingRecursiveComparison().isEqualTo(Fine.sample());
	}

	@ParameterizedTest
	@MethodSource
	void partThatCannotBeReadShouldBeRefusedByItsPath(RecordComponent component, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> codec(component.getGenericType()))
			.withMessageStartingWith("the results of 'charge', of type " + component.getGenericType().getTypeName()
					+ ", cannot be read from a store: ")
			.withMessageContaining(message)
			.withMessageEndingWith(", or define a bean of type ResultCodec.Factory.");
	}

	static Stream<Object[]> partThatCannotBeReadShouldBeRefusedByItsPath() {
		Map<String, String> expected = new HashMap<>();
		expected.put("nested", "Nested.lines[].price, of type " + Price.class.getTypeName() + ", is abstract, and");
		expected.put("stream", "Streamed.content, of type java.io.InputStream, is abstract");
		expected.put("page", "Page.content[], of type " + Price.class.getTypeName() + ", is abstract");
		expected.put("value", "Map[].price, of type ");
		expected.put("key", "Keyed.prices, of type java.util.Map<" + Price.class.getTypeName()
				+ ",java.lang.String>, has keys that cannot be read. Declare them as a text, an enum, or a type with"
				+ " @JsonCreator and @JsonValue of one text");
		expected.put("keyDeep", "Page.content[].prices, of type ");
		expected.put("optional", "Maybe.price[], of type ");
		expected.put("tree", "Tree.price, of type ");
		expected.put("array", "Page.content[][][].price, of type ");
		expected.put("resource", "Page.content[], of type org.springframework.core.io.Resource, is abstract");
		expected.put("unmade", "Page.content[], of type " + Unmade.class.getTypeName() + ", has no constructor");
		expected.put("unwritten", "Page.content[].name, of type java.lang.String, is written but nothing reads it."
				+ " Give it a setter or a parameter of the constructor, or leave it out by @JsonIgnore");
		expected.put("derived", "Derived.empty, of type boolean, is written but nothing reads it");
		expected.put("extras", "Extras.extras, of type ");
		expected.put("classNamed", "Page.content[], of type " + ClassNamed.class.getTypeName()
				+ ", is read by the names of classes, and no class that the data names is followed");
		expected.put("classNamedHere",
				"ClassNamedHere.price, of type " + Price.class.getTypeName() + ", is read by the");
		expected.put("anyClass",
				"Loaded.type, of type java.lang.Class<java.lang.Object>, would be any class that the data names");
		expected.put("unnamed", "Page.content[], of type " + Unnamed.class.getTypeName()
				+ ", is abstract, and no concrete type has a name");
		expected.put("named", "Page.content[]<Hollow>.price, of type ");
		expected.put("built", "Built.price, of type ");
		expected.put("textOnly", "Page.content[], of type " + TextOnly.class.getTypeName() + ", has no constructor");
		expected.put("shortened", "Page.content[], of type " + Shortened.class.getTypeName() + ", has no constructor");
		expected.put("converted", "Converted.price, of type " + Price.class.getTypeName());
		expected.put("delegating", "Delegating.price, of type ");
		expected.put("formatted", "Page.content[], of type " + Formatted.class.getTypeName() + ", is an enum that is");
		expected.put("seen", "Seen<SeenOne>.@type, of type ");
		expected.put("kinds",
				"Kinds.kind<Plain>, of type " + Plain.class.getTypeName() + ", is written without 'name'");
		expected.put("failure", "Page.content[], of type " + Failure.class.getTypeName() + ", is an exception");
		expected.put("spread", "Spread.line.price, of type ");
		expected.put("spreadDerived", "SpreadDerived.derived.empty, of type boolean, is written but nothing reads it");
		expected.put("beside", "HollowBeside.part<Hollow>.price, of type ");
		expected.put("lines", "Page.content[][].price, of type ");
		expected.put("boxed", "Page.content[], of type " + Boxed.class.getTypeName() + ", has no constructor");
		expected.put("seenHere", "SeenHere.kind<SeenText>.type, of type ");
		expected.put("hollows", "HollowList.parts[]<Hollow>.price, of type ");
		expected.put("skus", "Map, of type java.util.Map<" + Sku.class.getTypeName()
				+ ",java.lang.String>, has keys of type " + Sku.class.getTypeName() + ", which are not written as");
		expected.put("plain", "Map, of type java.util.Map<" + Plainly.class.getTypeName()
				+ ",java.lang.String>, has keys of type " + Plainly.class.getTypeName() + ", which are not written as");
		expected.put("builtMore", "BuiltMore.upper, of type java.lang.String, is written but nothing reads it");
		expected.put("inner", "Inner.part, of type " + Inner.Part.class.getTypeName() + ", has no constructor");
		expected.put("second", "SecondDerived.second.empty, of type boolean, is written but nothing reads it");
		expected.put("secondNamed",
				"SecondPlain.kind<Plain>, of type " + Plain.class.getTypeName() + ", is written without 'name'");
		expected.put("deduced",
				"Page.content[], of type " + Deduced.class.getTypeName() + ", is told apart by its prop");
		expected.put("account",
				"Map, of type java.util.Map<" + Account.class.getTypeName() + ",java.lang.String>, has keys"
						+ " of type " + Account.class.getTypeName() + ", which are not written as they are read");
		expected.put("accountEntry", "has keys of type " + Account.class.getTypeName() + ", which are not");
		expected.put("classKey", "has keys that would be any classes that the data names");
		expected.put("twinKey", "is an enum whose constant SECOND is written as another one is");
		expected.put("twin",
				"Page.content[], of type " + Twin.class.getTypeName() + ", is an enum whose constant SECOND");
		expected.put("iban", "Page.content[], of type " + Iban.class.getTypeName() + ", has no constructor that takes");
		expected.put("open", "Open.*, of type " + Price.class.getTypeName() + ", is abstract");
		expected.put("hidden", "Page.content[].cents, of type long, is taken by the constructor but never written");
		assertThat(Unfit.class.getRecordComponents()).extracting(RecordComponent::getName)
			.containsExactlyInAnyOrderElementsOf(expected.keySet());
		return Arrays.stream(Unfit.class.getRecordComponents())
			.map((component) -> new Object[] { component, Objects.requireNonNull(expected.get(component.getName())) });
	}

	@Test
	void getterBesidesTheComponentsOfRecordShouldNotBeWritten() throws Exception {
		ResultCodec codec = codec(Order.class);
		Order order = new Order("a", 3, new BigDecimal("1.50"));
		assertThat(new String(codec.encode(order), StandardCharsets.UTF_8))
			.isEqualTo("{\"id\":\"a\",\"count\":3,\"unit_price\":1.50}");
		assertThat(codec.decode(codec.encode(order))).isEqualTo(order);
	}

	@Test
	void partsWithoutTypeShouldBeToldOnceWithTheirPaths() throws Exception {
		ResultCodec codec = codec(Vague.class);
		Vague vague = new Vague("a", List.of(Map.of("number", 5L)), 5L, List.of(1));
		assertThat(codec.decode(codec.encode(vague)))
			.isEqualTo(new Vague("a", List.of(Map.of("number", 5)), 5, List.of(1)));
		assertThat(warnings(Vague.class)).singleElement()
			.asString()
			.contains("The results of 'charge', of type " + Vague.class.getTypeName(),
					"Vague.attributes[][], Vague.number, Vague.any[] do not say what to read", "Declare the type.");
	}

	@Test
	void partOfSubclassWithMoreShouldNotBeReadAndTellWhy() throws Exception {
		ResultCodec codec = codec(Holder.class);
		byte[] stored = codec.encode(new Holder(new MoreBean()));
		assertThatIllegalStateException().isThrownBy(() -> codec.decode(stored))
			.withMessageContaining("does not fit " + Holder.class.getName())
			.withMessageContaining("of a subclass with more properties")
			.withMessageNotContaining("private");
	}

	private static List<String> warnings(Type type) {
		try (Warnings warnings = new Warnings(IdempotentOperation.class)) {
			assertThat(codec(type)).isNotNull();
			return warnings.messages();
		}
	}

	private static ResultCodec codec(Type type) {
		return IdempotentJsonCodec.of("charge", type, List.of());
	}

	record Page<T>(List<T> content) {
	}

	enum Colour {

		RED, GREEN

	}

	record Fine(Ending sealed, Method existing, Custom custom, As as, Created created, Factory factory, Bean bean,
			Built2 built, Colour colour, Map<Colour, List<Optional<Instant>>> byColour, EnumSet<Colour> set,
			EnumMap<Colour, Ending> endings, Optional<BigDecimal> maybe, Collection<Set<UUID>> ids,
			SortedMap<String, Ending> sorted, JsonNode node, Page<byte[]> bytes, Page<String[][]> texts,
			Recursive recursive, Ignoring ignoring, ReadOnly readOnly, Tolerant tolerant, Valued valued,
			Unwrapping unwrapping, Any any, OwnWriter ownWriter, Page<Created> page, Abstract.Maker maker,
			Map<Valued, Ending> byValued, Converting converting, Iterable<String> iterable, Renamed renamed,
			Shown shown, Constructed constructed, Shared shared, Others others, Map<Code, Integer> byCode,
			Sparing sparing, Identified identified, FirstDerived derived, Written written, Ignored ignored,
			Allowing allowing, Lines<String> lines, CustomNamed customNamed, Layered layered, Beside beside,
			Map<Texted, String> byTexted) {

		static Fine sample() {
			return new Fine(new Paid(5), new Card("a"), new Custom("b"), new As(new Impl("c")), new Created("d"),
					Factory.of("e"), new Bean().named("f"), new Built2("g"), Colour.RED,
					Map.of(Colour.RED, List.of(Optional.of(Instant.EPOCH))), EnumSet.of(Colour.GREEN),
					new EnumMap<>(Map.of(Colour.RED, new Paid(6))), Optional.of(BigDecimal.TEN),
					List.of(Set.of(new UUID(1, 2))), new TreeMap<>(Map.of("h", new Paid(7))),
					JsonNodeFactory.instance.objectNode().put("a", 1), new Page<>(List.of(new byte[] { 1, 2 })),
					new Page<>(List.<String[][]>of(new String[][] { { "i" }, {} })),
					new Recursive("j", List.of(new Recursive("k", List.of()))), new Ignoring("l"),
					new ReadOnly().named("m"), new Tolerant("n"), new Valued("o"), new Unwrapping(new Created("p")),
					new Any().with("q", 1), new OwnWriter(new Price2(5)), new Page<>(List.of(new Created("r"))),
					new Abstract.Maker("s"), Map.of(new Valued("t"), new Paid(8)), new Converting(new Price2(9)),
					new ArrayList<>(List.of("u")), new Renamed().named("w"), new ShownOne("ShownOne", 1),
					new Constructed("x", 2), new Shared(), new Others("y", Map.of("z", 3)), Map.of(new Code("EUR"), 4),
					new Sparing(List.of(), 0), new Identified().with(7), new FirstDerived(Derived.named("y")),
					new Written(Derived.named("z"), Formatted.ONE), new Ignored(Derived.named("a"), Derived.named("b")),
					new Allowing().named("c"), new Lines<>(List.of("d")), new CustomOne("e"), new Deep("f"),
					new Beside(new Full("g")), Map.of(new Texted("h"), "i"));
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	@JsonSubTypes({ @JsonSubTypes.Type(Paid.class), @JsonSubTypes.Type(Declined.class) })
	sealed interface Ending permits Paid, Declined {

	}

	record Paid(long cents) implements Ending {
	}

	record Declined(String reason, @Nullable Ending before) implements Ending {
	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXISTING_PROPERTY, property = "kind")
	@JsonSubTypes(@JsonSubTypes.Type(value = Card.class, name = "card"))
	interface Method {

		String getKind();

	}

	record Card(String number) implements Method {

		@Override
		public String getKind() {
			return "card";
		}

	}

	@JsonDeserialize(using = CustomReader.class)
	static class Custom {

		private final String name;

		Custom(String name) {
			this.name = name;
		}

		public String getName() {
			return this.name;
		}

		public String getUpper() {
			return "upper " + this.name;
		}

	}

	static class CustomReader extends ValueDeserializer<Custom> {

		@Override
		public Custom deserialize(JsonParser parser, DeserializationContext context) {
			JsonNode read = context.readTree(parser);
			return new Custom(read.get("name").asString());
		}

	}

	record As(Iface iface) {
	}

	@JsonDeserialize(as = Impl.class)
	interface Iface {

	}

	record Impl(String name) implements Iface {
	}

	static class Created {

		private final String name;

		@JsonCreator
		Created(@JsonProperty("name") String name) {
			this.name = name;
		}

		public String getName() {
			return this.name;
		}

	}

	static final class Factory {

		private final String text;

		private Factory(String text) {
			this.text = text;
		}

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		static Factory of(String text) {
			return new Factory(text);
		}

		@JsonValue
		public String text() {
			return this.text;
		}

	}

	static class Bean {

		private @Nullable String name;

		private @Nullable Bean inner;

		Bean named(String itsName) {
			this.name = itsName;
			return this;
		}

		public @Nullable String getName() {
			return this.name;
		}

		public void setName(@Nullable String name) {
			this.name = name;
		}

		public @Nullable Bean getInner() {
			return this.inner;
		}

		public void setInner(@Nullable Bean inner) {
			this.inner = inner;
		}

	}

	record Holder(Bean bean) {
	}

	static class MoreBean extends Bean {

		public String getMore() {
			return "private";
		}

	}

	@JsonDeserialize(builder = Built2.Builder.class)
	static final class Built2 {

		private final String name;

		private Built2(String name) {
			this.name = name;
		}

		public String getName() {
			return this.name;
		}

		@JsonPOJOBuilder(withPrefix = "")
		static class Builder {

			private String name = "";

			public Builder name(String itsName) {
				this.name = itsName;
				return this;
			}

			public Built2 build() {
				return new Built2(this.name);
			}

		}

	}

	record Recursive(String name, List<Recursive> children) {
	}

	static class Ignoring {

		private final String name;

		@JsonCreator
		Ignoring(@JsonProperty("name") String name) {
			this.name = name;
		}

		public String getName() {
			return this.name;
		}

		@JsonIgnore
		public Price getPrice() {
			return new Price2(this.name.length());
		}

	}

	/** Says that a part of it is never read. */
	static class ReadOnly {

		private String name = "";

		ReadOnly named(String itsName) {
			this.name = itsName;
			return this;
		}

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

		@JsonProperty(access = JsonProperty.Access.READ_ONLY)
		public String getUpper() {
			return "upper " + this.name;
		}

	}

	@JsonIgnoreProperties(ignoreUnknown = true)
	static class Tolerant extends Created {

		@JsonCreator
		Tolerant(@JsonProperty("name") String name) {
			super(name);
		}

		public int getLength() {
			return getName().length();
		}

	}

	record Valued(@JsonValue String text) {
	}

	record Unwrapping(@JsonUnwrapped Created created) {
	}

	static class Any {

		private final Map<String, Integer> entries = new HashMap<>();

		Any with(String name, int value) {
			this.entries.put(name, value);
			return this;
		}

		@JsonAnyGetter
		public Map<String, Integer> getEntries() {
			return this.entries;
		}

		@JsonAnySetter
		public void setEntry(String name, int value) {
			this.entries.put(name, value);
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
	@JsonSubTypes({ @JsonSubTypes.Type(DeducedId.class), @JsonSubTypes.Type(DeducedName.class) })
	interface Deduced {

	}

	record DeducedId(String id) implements Deduced {
	}

	record DeducedName(String name) implements Deduced {
	}

	static class Renamed {

		private String name = "";

		Renamed named(String itsName) {
			this.name = itsName;
			return this;
		}

		@JsonGetter("title")
		public String getName() {
			return this.name;
		}

		@JsonSetter("name")
		@JsonAlias("title")
		public void setName(String name) {
			this.name = name;
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, include = JsonTypeInfo.As.EXISTING_PROPERTY, property = "type",
			visible = true)
	@JsonSubTypes(@JsonSubTypes.Type(ShownOne.class))
	interface Shown {

	}

	record ShownOne(String type, int number) implements Shown {
	}

	static class Constructed {

		private final String name;

		private final int number;

		public Constructed(String name, int number) {
			this.name = name;
			this.number = number;
		}

		public String getName() {
			return this.name;
		}

		public int getNumber() {
			return this.number;
		}

	}

	@JsonIdentityInfo(generator = ObjectIdGenerators.IntSequenceGenerator.class)
	static class Shared {

		private List<Shared> children = List.of();

		public List<Shared> getChildren() {
			return this.children;
		}

		public void setChildren(List<Shared> children) {
			this.children = children;
		}

	}

	record OwnWriter(
			@JsonSerialize(using = Price2Writer.class) @JsonDeserialize(using = Price2Reader.class) Price price) {
	}

	record FirstDerived(@JsonSerialize(using = DerivedWriter.class) Derived derived) {
	}

	record Written(@JsonSerialize(converter = ToCreated.class) Derived derived,
			@JsonSerialize(using = ToStringSerializer.class) Formatted formatted) {
	}

	static class ToCreated extends StdConverter<Derived, Created> {

		@Override
		public Created convert(Derived derived) {
			return new Created(derived.getName());
		}

	}

	record Ignored(@JsonIgnoreProperties("empty") Derived one,
			@JsonIgnoreProperties(ignoreUnknown = true) Derived all) {
	}

	@JsonIgnoreProperties(value = "upper", allowGetters = true)
	static class Allowing {

		private String name = "";

		Allowing named(String itsName) {
			this.name = itsName;
			return this;
		}

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

		public String getUpper() {
			return "upper " + this.name;
		}

	}

	static final class Texted {

		private final String text;

		Texted(String text) {
			this.text = text;
		}

		@Override
		public String toString() {
			return this.text;
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return other instanceof Texted texted && texted.text.equals(this.text);
		}

		@Override
		public int hashCode() {
			return this.text.hashCode();
		}

	}

	static final class Lines<T> {

		private final List<T> lines;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		Lines(List<T> lines) {
			this.lines = lines;
		}

		@JsonValue
		public List<T> lines() {
			return this.lines;
		}

	}

	/** Whoever names them is trusted, as no annotation says which there are. */
	@JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "type")
	@JsonTypeIdResolver(OnlyOne.class)
	interface CustomNamed {

	}

	record CustomOne(String name) implements CustomNamed {
	}

	static class OnlyOne extends TypeIdResolverBase {

		private static final long serialVersionUID = 1L;

		@Override
		public String idFromValue(DatabindContext context, Object value) {
			return "one";
		}

		@Override
		public String idFromValueAndType(DatabindContext context, Object value, Class<?> suggested) {
			return "one";
		}

		@Override
		public JavaType typeFromId(DatabindContext context, String id) {
			return context.constructType(CustomOne.class);
		}

		@Override
		public JsonTypeInfo.Id getMechanism() {
			return JsonTypeInfo.Id.CUSTOM;
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	@JsonSubTypes(@JsonSubTypes.Type(Layer.class))
	interface Layered {

	}

	@JsonSubTypes(@JsonSubTypes.Type(Deep.class))
	interface Layer extends Layered {

	}

	record Deep(String name) implements Layer {
	}

	record Beside(@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXTERNAL_PROPERTY,
			property = "what") @JsonSubTypes(@JsonSubTypes.Type(Full.class)) Object part) {
	}

	record Converting(
			@JsonSerialize(converter = ToCents.class) @JsonDeserialize(converter = FromCents.class) Price price) {
	}

	static class ToCents extends StdConverter<Price, Long> {

		@Override
		public Long convert(Price price) {
			return price.cents();
		}

	}

	static class FromCents extends StdConverter<Long, Price> {

		@Override
		public Price convert(Long cents) {
			return new Price2(cents);
		}

	}

	record Price2(long cents) implements Price {
	}

	static class Price2Writer extends ValueSerializer<Price> {

		@Override
		public void serialize(Price price, JsonGenerator generator, SerializationContext context) {
			generator.writeNumber(price.cents());
		}

	}

	static class Price2Reader extends ValueDeserializer<Price> {

		@Override
		public Price deserialize(JsonParser parser, DeserializationContext context) {
			return new Price2(parser.getLongValue());
		}

	}

	/** Nobody can make one, but what makes others can be made. */
	abstract static class Abstract {

		record Maker(String name) {
		}

	}

	record Others(String name, @JsonAnyGetter @JsonAnySetter Map<String, Integer> others) {
	}

	/** Its text is not the one that it was made of. */
	record Code(String name) {

		Code {
			name = name.toUpperCase(Locale.ROOT);
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	@JsonInclude(JsonInclude.Include.NON_DEFAULT)
	record Sparing(@JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> names, int count) {
	}

	/** No client may set its number. */
	static class Identified {

		private int number;

		Identified with(int itsNumber) {
			this.number = itsNumber;
			return this;
		}

		@JsonProperty(access = JsonProperty.Access.READ_ONLY)
		public int getNumber() {
			return this.number;
		}

		public void setNumber(int number) {
			this.number = number;
		}

	}

	/** As a key it is written with the name of its type. */
	record Account(String number) {
	}

	enum Twin {

		FIRST, SECOND;

		@JsonValue
		String text() {
			return "twin";
		}

	}

	record Iban(String country, String number) {

		@JsonValue
		String text() {
			return this.country + this.number;
		}

	}

	static class Open {

		private final Map<String, Price> prices = new HashMap<>();

		@JsonAnyGetter
		public Map<String, Price> getPrices() {
			return this.prices;
		}

		@JsonAnySetter
		public void put(String name, Price price) {
			this.prices.put(name, price);
		}

	}

	record Hidden(String name, @JsonProperty(access = JsonProperty.Access.WRITE_ONLY) long cents) {
	}

	record Order(String id, int count, @JsonProperty("unit_price") BigDecimal unitPrice) {

		public BigDecimal getTotal() {
			return this.unitPrice.multiply(BigDecimal.valueOf(this.count));
		}

		public boolean isEmpty() {
			return this.count == 0;
		}

		public Price getPrice() {
			return new Price2(this.count);
		}

	}

	record Vague(String name, List<Map<String, Object>> attributes, Number number, List<?> any) {
	}

	record Unfit(Nested nested, Streamed stream, Page<Price> page, Map<String, Line> value, Keyed key,
			Page<Keyed> keyDeep, Maybe optional, Tree tree, Page<Line[][]> array, Page<Resource> resource,
			Page<Unmade> unmade, Page<Unwritten> unwritten, Derived derived, Extras extras, Page<ClassNamed> classNamed,
			ClassNamedHere classNamedHere, Loaded anyClass, Page<Unnamed> unnamed, Page<Named> named, Built built,
			Page<TextOnly> textOnly, Page<Shortened> shortened, Converted converted, Delegating delegating,
			Page<Formatted> formatted, Seen seen, Kinds kinds, Page<Failure> failure, Page<Deduced> deduced,
			Map<Account, String> account, Map.Entry<Account, String> accountEntry, Map<Class<?>, String> classKey,
			Map<Twin, String> twinKey, Page<Twin> twin, Page<Iban> iban, Open open, Page<Hidden> hidden,
			SecondDerived second, SecondPlain secondNamed, Spread spread, SpreadDerived spreadDerived,
			HollowBeside beside, Page<Lines<Line>> lines, Page<Boxed> boxed, SeenHere seenHere, HollowList hollows,
			Map<Sku, String> skus, Map<Plainly, String> plain, BuiltMore builtMore, Inner inner) {
	}

	interface Price {

		long cents();

	}

	record Line(String name, Price price) {
	}

	record Nested(String id, List<Line> lines) {
	}

	record Streamed(String id, InputStream content) {
	}

	record Keyed(Map<Price, String> prices) {
	}

	record Maybe(Optional<Price> price) {
	}

	record Tree(List<Tree> children, Optional<Tree> parent, Price price) {
	}

	static final class Unmade {

		private final String name;

		private Unmade(String name, int length) {
			this.name = name + length;
		}

		static Unmade of(int length) {
			return new Unmade("a", length);
		}

		public String getName() {
			return this.name;
		}

	}

	static class Unwritten {

		private final String name = "a";

		public String getName() {
			return this.name;
		}

	}

	static class Derived {

		private String name = "";

		static Derived named(String name) {
			Derived derived = new Derived();
			derived.setName(name);
			return derived;
		}

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

		public boolean isEmpty() {
			return this.name.isEmpty();
		}

	}

	static class Extras {

		@JsonAnyGetter
		public Map<String, String> getExtras() {
			return Map.of();
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
	interface ClassNamed {

	}

	record ClassNamedHere(@JsonTypeInfo(use = JsonTypeInfo.Id.MINIMAL_CLASS) Price price) {
	}

	record Loaded(Class<?> type) {
	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	interface Unnamed {

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	@JsonSubTypes({ @JsonSubTypes.Type(Full.class), @JsonSubTypes.Type(Hollow.class) })
	interface Named {

	}

	record Full(String name) implements Named {
	}

	record Hollow(Price price) implements Named {
	}

	@JsonDeserialize(builder = Built.Builder.class)
	record Built(Price price) {

		@JsonPOJOBuilder(withPrefix = "")
		static class Builder {

			private @Nullable Price price;

			public Builder price(Price itsPrice) {
				this.price = itsPrice;
				return this;
			}

			public Built build() {
				return new Built(Objects.requireNonNull(this.price));
			}

		}

	}

	/** Written as an object, but made of a text. */
	static class TextOnly {

		private final String name;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		TextOnly(String name) {
			this.name = name;
		}

		@JsonIgnore
		public String getName() {
			return this.name;
		}

		public boolean isLong() {
			return true;
		}

	}

	/** Written as a text, but made of an object. */
	static final class Shortened {

		private final int length;

		private Shortened(int length, String name) {
			this.length = length + name.length();
		}

		static Shortened by(int length) {
			return new Shortened(length, "a");
		}

		@JsonValue
		public String text() {
			return "a".repeat(this.length);
		}

	}

	@JsonDeserialize(converter = FromLine.class)
	static class Converted {

		private final Line line;

		Converted(Line line) {
			this.line = line;
		}

		public Line getLine() {
			return this.line;
		}

	}

	static class FromLine extends StdConverter<Line, Converted> {

		@Override
		public Converted convert(Line line) {
			return new Converted(line);
		}

	}

	static class Delegating {

		private final Line line;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		Delegating(Line line) {
			this.line = line;
		}

		@JsonValue
		public Line line() {
			return this.line;
		}

	}

	@JsonFormat(shape = JsonFormat.Shape.OBJECT)
	enum Formatted {

		ONE;

		public String getText() {
			return "one";
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, visible = true)
	@JsonSubTypes(@JsonSubTypes.Type(SeenOne.class))
	interface Seen {

	}

	record SeenOne(String text) implements Seen {
	}

	record Kinds(@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXISTING_PROPERTY,
			property = "name") @JsonSubTypes(@JsonSubTypes.Type(value = Plain.class, name = "plain")) Kind kind) {
	}

	/** Made of a text, but written as all records are. */
	record Sku(String code) {
	}

	/** Made of a text, but written as any object is. */
	static class Plainly {

		Plainly(String code) {
			assertThat(code).isNotNull();
		}

	}

	record Spread(@JsonUnwrapped Line line) {
	}

	record SpreadDerived(@JsonUnwrapped(prefix = "a_") Derived derived) {
	}

	record HollowBeside(@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXTERNAL_PROPERTY,
			property = "what") @JsonSubTypes(@JsonSubTypes.Type(Hollow.class)) Object part) {
	}

	/** Written as an object, but made of an array. */
	static class Boxed {

		private final List<String> names;

		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		Boxed(List<String> names) {
			this.names = names;
		}

		public int getSize() {
			return this.names.size();
		}

	}

	record SeenHere(@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type",
			visible = true) @JsonSubTypes(@JsonSubTypes.Type(SeenText.class)) Object kind) {
	}

	record SeenText(String text) {
	}

	record HollowList(@JsonTypeInfo(
			use = JsonTypeInfo.Id.NAME) @JsonSubTypes(@JsonSubTypes.Type(Hollow.class)) List<Object> parts) {
	}

	@JsonDeserialize(builder = BuiltMore.Builder.class)
	static class BuiltMore {

		private final String name;

		BuiltMore(String name) {
			this.name = name;
		}

		public String getName() {
			return this.name;
		}

		public String getUpper() {
			return "upper " + this.name;
		}

		@JsonPOJOBuilder(withPrefix = "")
		static class Builder {

			private String name = "";

			public Builder name(String itsName) {
				this.name = itsName;
				return this;
			}

			public BuiltMore build() {
				return new BuiltMore(this.name);
			}

		}

	}

	static class Inner {

		private Part part = new Part();

		public Part getPart() {
			return this.part;
		}

		public void setPart(Part part) {
			this.part = part;
		}

		@SuppressWarnings("ClassCanBeStatic")
		class Part {

			private String name = "";

			public String getName() {
				return this.name;
			}

			public void setName(String name) {
				this.name = name;
			}

		}

	}

	/** Only the first has a writer of its own. */
	record SecondDerived(@JsonSerialize(using = DerivedWriter.class) Derived first, Derived second) {
	}

	static class DerivedWriter extends ValueSerializer<Derived> {

		@Override
		public void serialize(Derived derived, JsonGenerator generator, SerializationContext context) {
			generator.writeStartObject().writeStringProperty("name", derived.getName()).writeEndObject();
		}

	}

	/** Only the second is told apart by a name. */
	record SecondPlain(Plain first, @JsonTypeInfo(use = JsonTypeInfo.Id.NAME,
			include = JsonTypeInfo.As.EXISTING_PROPERTY,
			property = "name") @JsonSubTypes(@JsonSubTypes.Type(value = Plain.class, name = "plain")) Kind kind) {
	}

	interface Kind {

		String getName();

	}

	record Plain(int number) implements Kind {

		@Override
		public String getName() {
			return "plain";
		}

	}

	static class Failure extends RuntimeException {

		private static final long serialVersionUID = 1L;

		Failure(String message) {
			super(message);
		}

	}

}
