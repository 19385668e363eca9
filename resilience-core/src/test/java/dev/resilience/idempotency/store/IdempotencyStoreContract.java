package dev.resilience.idempotency.store;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What every idempotency store keeps to.
 */
public abstract class IdempotencyStoreContract {

	/** The lease that claims ask for. */
	protected static final Duration LEASE = Duration.ofSeconds(30);

	/** The time that records stay. */
	protected static final Duration TTL = Duration.ofHours(1);

	private final RecordKey key = new RecordKey(null, "alice", "pay", UUID.randomUUID().toString());

	private final UUID first = UUID.randomUUID();

	private final UUID second = UUID.randomUUID();

	/**
	 * The store to be tested.
	 * @return always the same
	 */
	protected abstract IdempotencyStore store();

	/**
	 * Lets the store's time pass.
	 * @param duration how long
	 */
	protected abstract void pass(Duration duration);

	/**
	 * A result as the store takes it.
	 */
	protected @Nullable Object result(@Nullable String text) {
		return text;
	}

	@Test
	void claimWhenAbsentShouldBeGranted() {
		assertThat(claim(this.first)).isInstanceOf(Claim.Granted.class);
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
		assertThat(find().timeLeft()).isPositive().isLessThanOrEqualTo(LEASE);
	}

	@Test
	@Trap(30)
	void claimWhenRepeatedByItsOwnerShouldBeGrantedAgain() {
		long fence = ((Claim.Granted) claim(this.first)).fence();
		assertThat(claim(this.first)).isInstanceOfSatisfying(Claim.Granted.class,
				(again) -> assertThat(again.fence()).isGreaterThanOrEqualTo(fence));
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
	}

	@Test
	void claimWhenHeldByAnotherShouldTellTheLeaseLeft() {
		claim(this.first);
		pass(Duration.ofSeconds(10));
		assertThat(claim(this.second)).isInstanceOfSatisfying(Claim.InProgress.class,
				(busy) -> assertThat(busy.leaseLeft()).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(20)));
	}

	@Test
	void claimWhenCompletedShouldReplayTheValue() {
		claim(this.first);
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(claim(this.second)).isInstanceOfSatisfying(Claim.Completed.class,
				(completed) -> assertThat(completed.value()).isEqualTo(result("receipt")));
	}

	@Test
	@Trap(32)
	void claimWhenCompletedWithNullShouldReplayNull() {
		claim(this.first);
		complete(this.first, null);
		assertThat(claim(this.second)).isInstanceOfSatisfying(Claim.Completed.class,
				(completed) -> assertThat(completed.value()).isEqualTo(result(null)));
		assertThat(find().status()).isEqualTo(Status.COMPLETED);
	}

	@Test
	void claimWhenTheTtlIsOverShouldBeGrantedAnew() {
		claim(this.first);
		complete(this.first, "receipt");
		pass(TTL.minusSeconds(1));
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
		pass(LEASE.plusSeconds(2));
		assertThat(lookup()).isEmpty();
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void claimWhenTheFingerprintDiffersShouldBeAMismatchInEveryState() {
		claim(this.first);
		assertThat(claim(this.second, "other")).isInstanceOf(Claim.Mismatch.class);
		assertThat(claim(this.second, null)).isInstanceOf(Claim.Mismatch.class);
		pass(LEASE);
		assertThat(claim(this.second, "other")).isInstanceOf(Claim.Mismatch.class);
		complete(this.first, "receipt");
		assertThat(claim(this.second, "other")).isInstanceOf(Claim.Mismatch.class);
	}

	@Test
	@Trap(31)
	void claimWhenTheLeaseRanOutShouldBeAbandonedForTheTtl() {
		claim(this.first);
		pass(LEASE);
		assertThat(claim(this.second)).isInstanceOf(Claim.Abandoned.class);
		assertThat(find().status()).isEqualTo(Status.ABANDONED);
		pass(TTL.minusSeconds(1));
		assertThat(claim(this.second)).isInstanceOf(Claim.Abandoned.class);
		pass(Duration.ofSeconds(2));
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void claimWhenTheKeyWasClaimedBeforeShouldHaveAGreaterFence() {
		long fence = ((Claim.Granted) claim(this.first)).fence();
		release(this.first);
		assertThat(((Claim.Granted) claim(this.second)).fence()).isGreaterThan(fence);
	}

	@Test
	@Trap(35)
	void claimWhenPartsAreCutElsewhereShouldNotMeet() {
		store().claim(new RecordKey("a", "bc", "pay", this.key.key()), this.first, null, LEASE, TTL);
		Claim other = get(
				store().claim(new RecordKey("ab", "c", "pay", this.key.key()), this.second, null, LEASE, TTL));
		assertThat(other).isInstanceOf(Claim.Granted.class);
		other = get(store().claim(new RecordKey(null, "abc", "pay", this.key.key()), this.second, null, LEASE, TTL));
		assertThat(other).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void completeWhenRepeatedByItsOwnerShouldBeAcceptedAgain() {
		claim(this.first);
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(find().value()).isEqualTo(result("receipt"));
	}

	@Test
	@Trap(29)
	void completeWhenTheLeaseRanOutButNobodyTookOverShouldBeAccepted() {
		claim(this.first);
		pass(LEASE.plusSeconds(1));
		assertThat(complete(this.first, "late")).isTrue();
		assertThat(find().value()).isEqualTo(result("late"));
	}

	@Test
	void completeWhenTheLeaseRanOutLongAgoShouldReplayForTheWholeTtl() {
		claim(this.first);
		pass(LEASE.plus(TTL).minusMinutes(5));
		assertLateResultStaysForTheWholeTtl();
	}

	@Test
	void completeWhenAbandonedLongAgoShouldReplayForTheWholeTtl() {
		claim(this.first);
		abandon(this.first);
		pass(TTL.minusMinutes(5));
		assertLateResultStaysForTheWholeTtl();
	}

	@Test
	@Trap({ 27, 29 })
	void commandsWhenAnotherOwnerTookOverShouldChangeNothing() {
		claim(this.first);
		pass(LEASE);
		assertThat(forget()).isTrue();
		claim(this.second);
		assertThat(complete(this.first, "stale")).isFalse();
		assertThat(release(this.first)).isFalse();
		assertThat(renew(this.first)).isFalse();
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
		assertThat(complete(this.second, "receipt")).isTrue();
		assertThat(complete(this.first, "stale")).isFalse();
		assertThat(release(this.first)).isFalse();
		assertThat(find().value()).isEqualTo(result("receipt"));
	}

	@Test
	@Trap(28)
	void completeWhenTheRecordVanishedShouldMakeItAnew() {
		claim(this.first);
		pass(LEASE);
		forget();
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
	}

	@Test
	void releaseWhenOwnedShouldFreeTheKeyAndBeRepeatable() {
		claim(this.first);
		assertThat(release(this.first)).isTrue();
		assertThat(release(this.first)).isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void releaseWhenCompletedShouldKeepTheResult() {
		claim(this.first);
		complete(this.first, "receipt");
		assertThat(release(this.first)).isFalse();
		assertThat(find().value()).isEqualTo(result("receipt"));
	}

	@Test
	void renewWhenOwnedShouldExtendLeaseAndVisibility() {
		claim(this.first);
		pass(Duration.ofSeconds(20));
		assertThat(renew(this.first)).isTrue();
		pass(Duration.ofSeconds(20));
		assertThat(claim(this.second)).isInstanceOf(Claim.InProgress.class);
		pass(TTL);
		assertThat(claim(this.second)).isInstanceOf(Claim.Abandoned.class);
	}

	@Test
	void renewWhenCompletedOrAbsentShouldChangeNothing() {
		assertThat(renew(this.first)).isFalse();
		assertThat(lookup()).isEmpty();
		claim(this.first);
		complete(this.first, "receipt");
		assertThat(renew(this.first)).isTrue();
		assertThat(find().status()).isEqualTo(Status.COMPLETED);
		pass(TTL.plus(LEASE).plusSeconds(1));
		assertThat(lookup()).isEmpty();
	}

	@Test
	@Trap(31)
	void abandonWhenOwnedShouldEndTheLeaseForTheTtl() {
		claim(this.first);
		pass(Duration.ofSeconds(10));
		assertThat(abandon(this.first)).isTrue();
		assertThat(find().status()).isEqualTo(Status.ABANDONED);
		assertThat(find().timeLeft()).isPositive().isLessThanOrEqualTo(TTL);
		assertThat(abandon(this.first)).as("may be repeated").isTrue();
		pass(TTL.minusSeconds(1));
		assertThat(claim(this.second)).isInstanceOf(Claim.Abandoned.class);
		pass(Duration.ofSeconds(2));
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void abandonWhenACommandOfItsOwnerComesLateShouldStandUnlessItIsTheResult() {
		claim(this.first);
		abandon(this.first);
		assertThat(renew(this.first)).isTrue();
		assertThat(claim(this.first)).isInstanceOf(Claim.Abandoned.class);
		assertThat(claim(this.second)).isInstanceOf(Claim.Abandoned.class);
		assertThat(complete(this.first, "late")).isTrue();
		assertThat(find().value()).isEqualTo(result("late"));
	}

	@Test
	void abandonWhenCompletedAbsentOrAnothersShouldChangeNothing() {
		assertThat(abandon(this.first)).isFalse();
		assertThat(lookup()).isEmpty();
		claim(this.first);
		assertThat(abandon(this.second)).isFalse();
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
		complete(this.first, "receipt");
		assertThat(abandon(this.first)).isTrue();
		assertThat(find().value()).isEqualTo(result("receipt"));
	}

	@Test
	void forgetWhenAbandonedByItsOwnerShouldFreeTheKey() {
		claim(this.first);
		abandon(this.first);
		assertThat(forget()).isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

	@Test
	void forgetWhenTheClaimIsLiveShouldRefuse() {
		assertThat(forget()).isFalse();
		claim(this.first);
		assertThat(forget()).isFalse();
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
		complete(this.first, "receipt");
		assertThat(forget()).isTrue();
		assertThat(lookup()).isEmpty();
	}

	@Test
	void takeOverWhenTheLeaseRanOutShouldBeGrantedAndMakeTheFormerOwnerStale() {
		long fence = ((Claim.Granted) claim(this.first)).fence();
		pass(LEASE);
		assertThat(takeOver(this.second)).isInstanceOfSatisfying(Claim.Granted.class, (granted) -> {
			assertThat(granted.fence()).isGreaterThan(fence);
			assertThat(granted.attempt()).isEqualTo(2);
		});
		assertThat(takeOver(this.second)).as("may be repeated")
			.isInstanceOfSatisfying(Claim.Granted.class, (again) -> assertThat(again.attempt()).isEqualTo(2));
		assertThat(find().owner()).isEqualTo(this.second);
		assertThat(find().status()).isEqualTo(Status.IN_PROGRESS);
		assertThat(complete(this.first, "stale")).isFalse();
		assertThat(release(this.first)).isFalse();
		assertThat(renew(this.first)).isFalse();
		assertThat(abandon(this.first)).isFalse();
		assertThat(complete(this.second, "receipt")).isTrue();
		assertThat(find().value()).isEqualTo(result("receipt"));
	}

	@Test
	void takeOverWhenAbandonedByItsOwnerShouldBeGrantedWithAWholeLease() {
		claim(this.first);
		abandon(this.first);
		assertThat(takeOver(this.second)).isInstanceOf(Claim.Granted.class);
		pass(LEASE.minusSeconds(2));
		assertThat(claim(this.first)).isInstanceOf(Claim.InProgress.class);
		pass(TTL);
		assertThat(find().status()).isEqualTo(Status.ABANDONED);
		assertThat(takeOver(this.first)).isInstanceOfSatisfying(Claim.Granted.class,
				(third) -> assertThat(third.attempt()).isEqualTo(3));
	}

	@Test
	void takeOverWhenNotAbandonedShouldAnswerAsAClaimDoes() {
		assertThat(takeOver(this.first)).isInstanceOfSatisfying(Claim.Granted.class,
				(granted) -> assertThat(granted.attempt()).isOne());
		assertThat(takeOver(this.second)).isInstanceOf(Claim.InProgress.class);
		complete(this.first, "receipt");
		assertThat(takeOver(this.second)).isInstanceOf(Claim.Completed.class);
		assertThat(find().owner()).isEqualTo(this.first);
	}

	@Test
	void takeOverWhenTheFingerprintDiffersShouldBeAMismatch() {
		claim(this.first);
		pass(LEASE);
		assertThat(get(store().takeOver(this.key, this.second, "other", LEASE, TTL)))
			.isInstanceOf(Claim.Mismatch.class);
		assertThat(find().owner()).isEqualTo(this.first);
	}

	@Test
	void forgetWhenAnOwnerIsNamedShouldOnlyDeleteItsAbandonedRecord() {
		claim(this.first);
		assertThat(get(store().forget(this.key, this.first))).as("live").isFalse();
		abandon(this.first);
		assertThat(get(store().forget(this.key, this.second))).as("another's").isFalse();
		assertThat(get(store().forget(this.key, this.first))).isTrue();
		assertThat(lookup()).isEmpty();
		claim(this.first);
		complete(this.first, "receipt");
		assertThat(get(store().forget(this.key, this.first))).as("completed").isFalse();
	}

	@Test
	void recordShouldBeFoundSettledAndForgottenByItsDigest() {
		RecordKey digest = RecordKey.ofDigest(this.key.digest());
		assertThat(get(store().find(digest))).isEmpty();
		assertThat(get(store().forget(digest, null))).isFalse();
		claim(this.first);
		abandon(this.first);
		assertThat(get(store().find(digest)).orElseThrow().owner()).isEqualTo(this.first);
		assertThat(get(store().complete(digest, this.first, "fingerprint", result("settled"), TTL))).isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
		assertThat(get(store().forget(digest, null))).isTrue();
		assertThat(lookup()).isEmpty();
	}

	private Claim takeOver(UUID owner) {
		return get(store().takeOver(this.key, owner, "fingerprint", LEASE, TTL));
	}

	private Claim claim(UUID owner) {
		return claim(owner, "fingerprint");
	}

	private Claim claim(UUID owner, @Nullable String fingerprint) {
		return get(store().claim(this.key, owner, fingerprint, LEASE, TTL));
	}

	private boolean complete(UUID owner, @Nullable String value) {
		return get(store().complete(this.key, owner, "fingerprint", result(value), TTL));
	}

	private boolean release(UUID owner) {
		return get(store().release(this.key, owner));
	}

	private boolean renew(UUID owner) {
		return get(store().renew(this.key, owner, LEASE));
	}

	private boolean abandon(UUID owner) {
		return get(store().abandon(this.key, owner));
	}

	private boolean forget() {
		return get(store().forget(this.key, null));
	}

	private Optional<StoredRecord> lookup() {
		return get(store().find(this.key));
	}

	private StoredRecord find() {
		return lookup().orElseThrow();
	}

	private static <T> T get(CompletionStage<T> stage) {
		return stage.toCompletableFuture().join();
	}

	private void assertLateResultStaysForTheWholeTtl() {
		assertThat(complete(this.first, "late")).isTrue();
		pass(TTL.minusSeconds(1));
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
		pass(Duration.ofSeconds(2));
		assertThat(claim(this.second)).isInstanceOf(Claim.Granted.class);
	}

}
