package dev.resilience.idempotency.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

import dev.resilience.Trap;
import dev.resilience.idempotency.Threads;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class MemoryIdempotencyStoreTests extends IdempotencyStoreContract {

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(this.ticker.source());

	@Override
	protected IdempotencyStore store() {
		return this.store;
	}

	@Override
	protected void pass(Duration duration) {
		this.ticker.advance(duration);
	}

	@Test
	void createWhenThereIsNoRoomShouldInstruct() {
		assertThatIllegalArgumentException().isThrownBy(() -> new MemoryIdempotencyStore(0, this.ticker.source()))
			.withMessage("'max-entries' is '0' but must be at least 1: give room for all keys of one 'ttl'");
		assertThat(this.store.maxEntries()).isEqualTo(100_000);
	}

	@Test
	@Trap(33)
	void claimWhenFullShouldRefuseAndEvictNothing() {
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(2, this.ticker.source());
		UUID live = claimed(small, "live");
		complete(small, "done", claimed(small, "done"));
		assertThat(claim(small, "new", UUID.randomUUID())).isInstanceOf(Claim.Full.class);
		assertThat(claim(small, "done", UUID.randomUUID())).isInstanceOf(Claim.Completed.class);
		assertThat(claim(small, "live", UUID.randomUUID())).isInstanceOf(Claim.InProgress.class);
		assertThat(complete(small, "live", live)).isTrue();
		assertThat(small.size()).isEqualTo(2);
	}

	@Test
	@Trap(33)
	void claimWhenFullOfExpiredRecordsShouldMakeRoomWhereverTheyAre() {
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(50, this.ticker.source());
		for (int index = 0; index < 49; index++) {
			complete(small, "key" + index, claimed(small, "key" + index));
		}
		this.ticker.advance(Duration.ofMinutes(1));
		complete(small, "last", claimed(small, "last"));
		this.ticker.advance(TTL.minusMinutes(1));
		assertThat(small.size()).isEqualTo(1);
		this.ticker.advance(Duration.ofMinutes(1));
		for (int index = 0; index < 50; index++) {
			claimed(small, "new" + index);
		}
		assertThat(claim(small, "one more", UUID.randomUUID())).isInstanceOf(Claim.Full.class);
	}

	@Test
	@Trap(33)
	void claimWhenOneOfManyExpiredShouldMakeRoomForOne() {
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(500, this.ticker.source());
		RecordKey soon = new RecordKey(null, null, "pay", "soon");
		small.claim(soon, UUID.randomUUID(), null, LEASE, Duration.ofSeconds(1));
		for (int index = 0; index < 499; index++) {
			claimed(small, "key" + index);
		}
		assertThat(claim(small, "a", UUID.randomUUID())).isInstanceOf(Claim.Full.class);
		this.ticker.advance(LEASE.plusSeconds(1));
		assertThat(claim(small, "a", UUID.randomUUID())).isInstanceOf(Claim.Granted.class);
		assertThat(claim(small, "b", UUID.randomUUID())).isInstanceOf(Claim.Full.class);
	}

	@Test
	@Trap(33)
	void completeWhenTheRecordVanishedAndTheStoreIsFullShouldBeLost() {
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(1, this.ticker.source());
		UUID owner = claimed(small, "gone");
		this.ticker.advance(LEASE);
		small.forget(key("gone"), null);
		claimed(small, "other");
		assertThat(complete(small, "gone", owner)).isFalse();
		assertThat(small.size()).isEqualTo(1);
	}

	/**
	 * Whenever the store reads the time, somebody wants the place of the record.
	 */
	@Test
	@Trap(33)
	void takeOverWhenFullShouldNeverLoseThePlaceToAnotherClaim() {
		Queue<Claim> intruders = new ArrayDeque<>();
		AtomicReference<@Nullable MemoryIdempotencyStore> full = new AtomicReference<>();
		Ticker ticker = () -> {
			MemoryIdempotencyStore intruded = full.getAndSet(null);
			if (intruded != null) {
				intruders.add(claim(intruded, "intruder", UUID.randomUUID()));
				full.set(intruded);
			}
			return this.ticker.read();
		};
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(1,
				new TimeSource(ticker, this.ticker.source().clock(), this.ticker));
		claimed(small, "key");
		this.ticker.advance(LEASE);
		full.set(small);
		Claim claim = small.takeOver(key("key"), UUID.randomUUID(), null, LEASE, TTL).toCompletableFuture().join();
		assertThat(claim).isInstanceOfSatisfying(Claim.Granted.class,
				(granted) -> assertThat(granted.attempt()).isEqualTo(2));
		assertThat(intruders).isNotEmpty().allMatch(Claim.Full.class::isInstance);
		full.set(null);
		assertThat(small.size()).isEqualTo(1);
	}

	@Test
	void commandThatFailsForItsClockShouldLeaveEverythingAsItWas() {
		AtomicBoolean broken = new AtomicBoolean();
		TimeSource working = this.ticker.source();
		InstantSource clock = () -> broken.get() ? Instant.MAX : working.clock().instant();
		TimeSource time = new TimeSource(working.ticker(), clock.withZone(ZoneOffset.UTC), working.sleeper());
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(2, time);
		small.abandon(key("unknown"), claimed(small, "unknown"));
		broken.set(true);
		assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> claimed(small, "new"));
		assertThatExceptionOfType(ArithmeticException.class)
			.isThrownBy(() -> small.takeOver(key("unknown"), UUID.randomUUID(), null, LEASE, TTL));
		broken.set(false);
		assertThat(claim(small, "unknown", UUID.randomUUID())).isInstanceOf(Claim.Abandoned.class);
		assertThat(claim(small, "new", UUID.randomUUID())).isInstanceOf(Claim.Granted.class);
		assertThat(small.size()).isEqualTo(2);
	}

	@Test
	@Trap(33)
	void claimWhenManyThreadsFillItShouldNeverExceedTheBound() throws Exception {
		int bound = 100;
		MemoryIdempotencyStore small = new MemoryIdempotencyStore(bound, this.ticker.source());
		ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();
		ConcurrentLinkedQueue<String> granted = new ConcurrentLinkedQueue<>();
		inParallel(8, (thread) -> {
			for (int index = 0; index < 500; index++) {
				String name = thread + "-" + index;
				UUID owner = UUID.randomUUID();
				if (claim(small, name, owner) instanceof Claim.Granted) {
					if (index % 3 == 0) {
						small.release(key(name), owner);
					}
					else {
						granted.add(name);
					}
				}
				sizes.add(small.size());
			}
		});
		assertThat(sizes).allMatch((size) -> size <= bound);
		assertThat(granted).hasSize(bound);
		assertThat(small.size()).isEqualTo(bound);
		assertThat(granted).allMatch((name) -> claim(small, name, UUID.randomUUID()) instanceof Claim.InProgress);
	}

	@Test
	void claimWhenManyThreadsWantOneKeyShouldBeGrantedToOne() throws Exception {
		for (int round = 0; round < 50; round++) {
			String name = "round" + round;
			ConcurrentLinkedQueue<Claim> granted = new ConcurrentLinkedQueue<>();
			inParallel(8, (thread) -> {
				Claim claim = claim(this.store, name, UUID.randomUUID());
				if (claim instanceof Claim.Granted) {
					granted.add(claim);
				}
			});
			assertThat(granted).hasSize(1);
		}
	}

	@Test
	@Trap(35)
	void recordWhenHashesCollideShouldBeToldApartByEveryPart() {
		MemoryRecord record = new MemoryRecord(0, new RecordKey("a", "bc", "pay", "key"), UUID.randomUUID(), null, 1,
				1);
		assertThat(record.isNamed(new RecordKey("a", "bc", "pay", "key"))).isTrue();
		assertThat(List.of(new RecordKey("ab", "c", "pay", "key"), new RecordKey("b", "bc", "pay", "key"),
				new RecordKey(null, "abc", "pay", "key"), new RecordKey("a", "b", "cpay", "key"),
				new RecordKey("a", "bc", "refund", "key"), new RecordKey("a", "bc", "pay", "yek")))
			.noneMatch(record::isNamed);
	}

	@Test
	void findWhenTheHashIsThatOfAFreeSlotShouldFindTheRecord() {
		MemoryShard shard = new MemoryShard();
		MemoryRecord record = new MemoryRecord(0, key("key"), UUID.randomUUID(), null, 1, 1);
		shard.add(record, 0);
		assertThat(shard.find(0, key("key"))).isSameAs(record);
		shard.remove(record);
		assertThat(shard.find(0, key("key"))).isNull();
	}

	/**
	 * Any row of "Aa" and "BB" has the same {@link String#hashCode()}.
	 */
	@Test
	@Trap(33)
	void hashWhenClientsChooseTextsWithEqualHashesShouldDiffer() {
		List<String> texts = rowsOf("Aa", "BB");
		assertThat(texts).hasSize(1_024).extracting(String::hashCode).containsOnly(texts.get(0).hashCode());
		assertHashesDiffer(texts);
	}

	/**
	 * A product takes the highest bit of a factor to nowhere but its own highest bit.
	 */
	@Test
	@Trap(33)
	void hashWhenClientsChooseTextsThatDifferInHighBitsShouldDiffer() {
		assertHashesDiffer(rowsOf("aaaa", "aaa\u8061"));
	}

	/**
	 * Times a number and times its negative differ in all bits but the lowest of a signed
	 * product, and so not at all where both halves of it meet.
	 */
	@Test
	@Trap(33)
	void hashWhenClientsChooseTextsThatAreNegativesOfEachOtherShouldDiffer() {
		assertHashesDiffer(rowsOf("aaaaaaaa", "\uff9f\uff9e\uff9e\uff9e`aaa"));
	}

	private static List<String> rowsOf(String one, String other) {
		List<String> texts = List.of("");
		for (int round = 0; round < 10; round++) {
			texts = texts.stream().flatMap((text) -> Stream.of(text + one, text + other)).toList();
		}
		return texts;
	}

	private static void assertHashesDiffer(List<String> texts) {
		long factor = 0x9E3779B97F4A7C15L;
		for (Function<String, RecordKey> part : List.<Function<String, RecordKey>>of(
				(text) -> new RecordKey(text, null, "pay", "key"), (text) -> new RecordKey(null, text, "pay", "key"),
				(text) -> new RecordKey(null, null, "pay", text))) {
			assertThat(texts.stream().map((text) -> MemoryRecord.hash(part.apply(text), factor)).distinct())
				.hasSizeGreaterThan(1_000);
		}
	}

	@Test
	void claimWhenTheClockStepsBackShouldStillHaveAGreaterFence() {
		UUID owner = UUID.randomUUID();
		long fence = ((Claim.Granted) claim(this.store, "key", owner)).fence();
		this.store.release(key("key"), owner);
		this.ticker.shiftClock(Duration.ofDays(-1));
		assertThat(((Claim.Granted) claim(this.store, "key", owner)).fence()).isGreaterThan(fence);
	}

	@Test
	void claimWhenTheTickerWrapsShouldStillExpire() {
		FakeTicker late = new FakeTicker(Long.MAX_VALUE - 5);
		MemoryIdempotencyStore wrapping = new MemoryIdempotencyStore(late.source());
		claimed(wrapping, "key");
		assertThat(claim(wrapping, "key", UUID.randomUUID())).isInstanceOf(Claim.InProgress.class);
		late.advance(LEASE);
		assertThat(claim(wrapping, "key", UUID.randomUUID())).isInstanceOf(Claim.Abandoned.class);
		late.advance(TTL);
		assertThat(claim(wrapping, "key", UUID.randomUUID())).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void purgeWhenRecordsComeAndGoInAnyOrderShouldKeepExactlyTheUnexpired() {
		purgeInAnyOrder(this.ticker);
	}

	@Test
	void purgeWhenTheTickerWrapsMeanwhileShouldKeepExactlyTheUnexpired() {
		purgeInAnyOrder(new FakeTicker(Long.MAX_VALUE - Duration.ofSeconds(250).toNanos()));
	}

	private static void purgeInAnyOrder(FakeTicker ticker) {
		MemoryIdempotencyStore store = new MemoryIdempotencyStore(ticker.source());
		Random random = new Random(42);
		List<RecordKey> kept = new ArrayList<>();
		int expiring = 0;
		for (int index = 0; index < 2_000; index++) {
			RecordKey key = key("key" + index);
			UUID owner = UUID.randomUUID();
			store.claim(key, owner, null, LEASE, TTL);
			int seconds = 1 + random.nextInt(1_000);
			switch (random.nextInt(3)) {
				case 0 -> store.release(key, owner);
				case 1 -> kept.add(key);
				default -> {
					store.complete(key, owner, null, index, Duration.ofSeconds(seconds));
					if (seconds <= 500) {
						expiring++;
					}
					else {
						kept.add(key);
					}
				}
			}
		}
		assertThat(store.size()).isEqualTo(kept.size() + expiring);
		ticker.advance(Duration.ofSeconds(500));
		assertThat(store.size()).isEqualTo(kept.size());
		assertThat(kept).allMatch((key) -> store.find(key).toCompletableFuture().join().isPresent());
	}

	private static RecordKey key(String name) {
		return new RecordKey(null, null, "pay", name);
	}

	private static Claim claim(IdempotencyStore store, String name, UUID owner) {
		return store.claim(key(name), owner, null, LEASE, TTL).toCompletableFuture().join();
	}

	private static UUID claimed(IdempotencyStore store, String name) {
		UUID owner = UUID.randomUUID();
		assertThat(claim(store, name, owner)).isInstanceOf(Claim.Granted.class);
		return owner;
	}

	private static boolean complete(IdempotencyStore store, String name, UUID owner) {
		return store.complete(key(name), owner, null, name, TTL).toCompletableFuture().join();
	}

	private static void inParallel(int threads, IntConsumer task) throws Exception {
		AtomicInteger number = new AtomicInteger();
		Threads.together(threads, () -> {
			task.accept(number.getAndIncrement());
			return true;
		});
	}

}
