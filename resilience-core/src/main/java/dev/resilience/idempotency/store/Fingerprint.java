package dev.resilience.idempotency.store;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.ZoneId;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Digests of what calls ask for, so that a key that comes again with another request is
 * noticed. Stateless and thread-safe. Equal values have equal fingerprints, in every JVM.
 * <p>
 * It knows {@code null}, text, the JDK's numbers, booleans, characters, enums, UUIDs,
 * {@code java.time}, arrays, collections, maps, {@link Optional} and records.
 */
public final class Fingerprint {

	// Every value is preceded by a tag for its kind, everything of varying length by its
	// length, so no two values run into each other ("a", "bc" and "ab", "c" differ).
	//
	// Numbers count by their value within their kind: whole numbers of any width are one
	// kind, so a field may grow from int to long; decimals lose trailing zeros, so 1.0
	// and 1.00 are the same amount; floats and doubles go by their bits. Kinds do not
	// mix: 1, 1.0 as a decimal and 1.0 as a double differ.
	//
	// What has no order, sets and maps, is digested element by element, and the digests
	// are sorted. Classes' names stay out, so moving a record or an enum to another
	// package changes nothing. A value that contains itself is cut off by the depth.

	private static final int MAX_DEPTH = 64;

	private static final ClassValue<List<Method>> COMPONENTS = new ClassValue<>() {

		@Override
		protected List<Method> computeValue(Class<?> type) {
			return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getAccessor).toList();
		}

	};

	private final Sha256 digest = new Sha256();

	private Fingerprint() {
	}

	/**
	 * The fingerprint of a value.
	 * @param value the value
	 * @return 64 hexadecimal digits
	 * @throws IllegalArgumentException when it contains a value of another kind than the
	 * listed ones, or values nested more than 64 deep
	 */
	public static String of(@Nullable Object value) {
		return new Fingerprint().add(value, 0).digest.hex();
	}

	private Fingerprint add(@Nullable Object value, int depth) {
		if (depth > MAX_DEPTH) {
			throw new IllegalArgumentException("The value is nested more than " + MAX_DEPTH
					+ " deep, or contains itself: take the fingerprint of the fields that matter instead");
		}
		if (value == null) {
			this.digest.tag('0');
		}
		else if (!addScalar(value) && !addNumber(value) && !addTime(value) && !addContainer(value, depth + 1)) {
			throw new IllegalArgumentException("There is no fingerprint of a " + value.getClass().getName()
					+ ": take the fingerprint of a record, a list or a map of its fields instead");
		}
		return this;
	}

	private boolean addScalar(Object value) {
		if (value instanceof CharSequence text) {
			this.digest.tag('s').text(text);
		}
		else if (value instanceof Boolean bool) {
			this.digest.tag('b').number(bool ? 1 : 0);
		}
		else if (value instanceof Character character) {
			this.digest.tag('c').number(character);
		}
		else if (value instanceof Enum<?> constant) {
			this.digest.tag('e').text(constant.name());
		}
		else if (value instanceof UUID uuid) {
			this.digest.tag('u').number(uuid.getMostSignificantBits()).number(uuid.getLeastSignificantBits());
		}
		else {
			return false;
		}
		return true;
	}

	private boolean addNumber(Object value) {
		if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
			this.digest.tag('i').integer(BigInteger.valueOf(((Number) value).longValue()));
		}
		else if (value instanceof BigInteger integer) {
			this.digest.tag('i').integer(integer);
		}
		else if (value instanceof BigDecimal decimal) {
			BigDecimal stripped = decimal.stripTrailingZeros();
			this.digest.tag('d').integer(stripped.unscaledValue()).number(stripped.scale());
		}
		else if (value instanceof Double number) {
			this.digest.tag('f').number(Double.doubleToLongBits(number));
		}
		else if (value instanceof Float number) {
			this.digest.tag('g').number(Float.floatToIntBits(number));
		}
		else {
			return false;
		}
		return true;
	}

	private boolean addTime(Object value) {
		boolean time = value.getClass().getPackageName().equals("java.time")
				&& (value instanceof TemporalAccessor || value instanceof TemporalAmount || value instanceof ZoneId);
		if (time) {
			this.digest.tag('t').text(value.getClass().getSimpleName()).text(value.toString());
		}
		return time;
	}

	private boolean addContainer(Object value, int depth) {
		if (value instanceof byte[] bytes) {
			this.digest.tag('B').bytes(bytes);
		}
		else if (value.getClass().isArray()) {
			addArray(value, depth);
		}
		else if (value instanceof Set<?> set) {
			addUnordered('S', set.stream().map((element) -> new Fingerprint().add(element, depth)));
		}
		else if (value instanceof Collection<?> elements) {
			Object[] snapshot = elements.toArray();
			this.digest.tag('L').number(snapshot.length);
			Arrays.stream(snapshot).forEach((element) -> add(element, depth));
		}
		else if (value instanceof Map<?, ?> map) {
			addUnordered('M',
					map.entrySet()
						.stream()
						.map((entry) -> new Fingerprint().add(entry.getKey(), depth).add(entry.getValue(), depth)));
		}
		else {
			return addSingle(value, depth);
		}
		return true;
	}

	private boolean addSingle(Object value, int depth) {
		if (value instanceof Optional<?> optional) {
			this.digest.tag(optional.isPresent() ? 'P' : 'O');
			optional.ifPresent((present) -> add(present, depth));
		}
		else if (value instanceof Record) {
			addRecord(value, depth);
		}
		else {
			return false;
		}
		return true;
	}

	private void addArray(Object array, int depth) {
		int length = Array.getLength(array);
		Class<?> component = array.getClass().getComponentType();
		this.digest.tag('A').text(component.isPrimitive() ? component.getName() : "").number(length);
		for (int index = 0; index < length; index++) {
			add(Array.get(array, index), depth);
		}
	}

	private void addUnordered(char tag, Stream<Fingerprint> elements) {
		List<byte[]> sorted = elements.map((element) -> element.digest.end()).sorted(Arrays::compare).toList();
		this.digest.tag(tag).number(sorted.size());
		sorted.forEach(this.digest::bytes);
	}

	private void addRecord(Object value, int depth) {
		List<Method> components = COMPONENTS.get(value.getClass());
		this.digest.tag('R').number(components.size());
		for (Method component : components) {
			this.digest.text(component.getName());
			add(read(component, value), depth);
		}
	}

	private static @Nullable Object read(Method component, Object value) {
		try {
			component.setAccessible(true);
			return component.invoke(value);
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			throw new IllegalArgumentException("The component '" + component.getName() + "' of "
					+ value.getClass().getName()
					+ " cannot be read: open its package to this library, or take the fingerprint of its fields instead",
					ex);
		}
	}

}
