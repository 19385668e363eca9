package dev.resilience.idempotency.store;

import java.util.List;
import java.util.stream.Stream;

import dev.resilience.Trap;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RecordKeyTests {

	/**
	 * Reckoned apart from this code, from the layout that it documents.
	 */
	private static final String PINNED = "d8b0841db58d90683e4d19c019c41ed25930f63f3d580e5a52105ac447eb2014";

	@Test
	@Trap(35)
	void digestWhenPartsAreCutElsewhereShouldDiffer() {
		List<RecordKey> different = List.of(new RecordKey("a", "bc", "pay", "key"),
				new RecordKey("ab", "c", "pay", "key"), new RecordKey("abc", null, "pay", "key"),
				new RecordKey(null, "abc", "pay", "key"), new RecordKey("abc", "", "pay", "key"),
				new RecordKey("", "abc", "pay", "key"), new RecordKey(null, null, "abcpay", "key"),
				new RecordKey(null, null, "abcpaykey", ""), new RecordKey(null, null, "", "abcpaykey"),
				new RecordKey(null, null, "pay", "\uD800"), new RecordKey(null, null, "pay", "\uD801"),
				new RecordKey(null, null, "pay", "?"));
		Stream<String> digests = different.stream().map(RecordKey::digest);
		assertThat(digests).doesNotHaveDuplicates().allMatch((digest) -> digest.matches("[0-9a-f]{64}"));
		assertThat(different).doesNotHaveDuplicates();
	}

	@Test
	@Trap(35)
	void toStringShouldHoldNoPersonalData() {
		RecordKey key = new RecordKey("tenant", "alice@example.org", "pay", "order-4711");
		assertThat(key).hasToString(key.digest());
	}

	@Test
	void digestShouldBeTheSameForever() {
		assertThat(new RecordKey("tenant", null, "pay", "order-4711").digest()).isEqualTo(PINNED);
	}

}
