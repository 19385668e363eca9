package dev.resilience.idempotency;

import java.io.IOException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.TypedOperation.Found;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Idempotent calls of programs that say so in code.
 */
@Timeout(20)
class IdempotencyTests {

	private static final Duration DAY = Duration.ofDays(1);

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final PolicyRegistry<IdempotentOperation> operations = new PolicyRegistry<>(IdempotentOperation.TYPE);

	private final AtomicInteger made = new AtomicInteger();

	private final Idempotency idempotency = new Idempotency(this.operations,
			IdempotencyConfig.builder().heldFailures(List.of(IOException.class)).build(), (name, type, config) -> {
				this.made.incrementAndGet();
				return operation(name, config);
			});

	@Test
	void executeShouldRunOnceForItsKey() throws Exception {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		String order = Fingerprint.of("order");
		assertThat(charge.execute("1", order, () -> "receipt")).isEqualTo("receipt");
		assertThat(charge.execute("1", order, () -> "other")).isEqualTo("receipt");
		assertThat(charge.execute("2", order, () -> "other")).isEqualTo("other");
		assertThatExceptionOfType(IdempotencyMismatchException.class)
			.isThrownBy(() -> charge.execute("1", Fingerprint.of("another"), () -> "receipt"));
		assertThat(charge.executeAsync("1", order, () -> CompletableFuture.completedFuture("other")))
			.isCompletedWithValue("receipt");
	}

	@Test
	void shortFormsShouldDeclareTheirOperation() throws Exception {
		assertThat(this.idempotency.execute("charge", "1", String.class, () -> "receipt")).isEqualTo("receipt");
		assertThat(this.idempotency.execute("charge", "1", String.class, () -> "other")).isEqualTo("receipt");
		assertThat(this.idempotency.executeAsync("charge", "1", String.class,
				() -> CompletableFuture.completedFuture("other")))
			.isCompletedWithValue("receipt");
		assertThat(this.operations.get("charge").snapshot().calls()).containsEntry("first", 1L)
			.containsEntry("replayed", 2L);
		assertThat(this.made).hasValue(1);
	}

	@Test
	void keysOfPrincipalsShouldBeApart() throws Exception {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		IdempotencyKey alice = new IdempotencyKey("1", null, "alice", "EU");
		charge.execute(alice, () -> "receipt");
		assertThat(charge.executeAsync(alice, () -> CompletableFuture.completedFuture("other")))
			.isCompletedWithValue("receipt");
		assertThat(charge.lookup("1")).isEmpty();
		assertThat(charge.lookup(alice).flatMap(Found::result)).contains("receipt");
		assertThat(charge.policy().forget(alice)).isTrue();
		assertThat(charge.lookup(alice)).isEmpty();
	}

	@Test
	void operationShouldHaveTheDefaultsAndWhatItSaysItself() {
		IdempotentOperation charge = this.idempotency.operation("charge", String.class, (config) -> config.ttl(DAY))
			.policy();
		assertThat(this.operations.get("charge")).isSameAs(charge);
		assertThat(charge.snapshot().config()).containsEntry("ttl", DAY)
			.containsEntry("lease", Duration.ofSeconds(30))
			.containsEntry("held-failures", List.of("java.io.IOException"));
	}

	@Test
	void operationWhenAskedForAgainShouldBeTheSame() {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class, (config) -> config.ttl(DAY));
		assertThat(this.idempotency.operation("charge", String.class, (config) -> config.ttl(DAY))).isSameAs(charge);
		TypedOperation<Integer> count = this.idempotency.operation("count", Integer.class);
		assertThat(this.idempotency.operation("count", int.class)).isSameAs(count);
	}

	@Test
	void operationWhenAskedForWithAnotherTypeShouldSaySo() {
		this.idempotency.operation("charge", String.class);
		assertThatIllegalArgumentException().isThrownBy(() -> this.idempotency.operation("charge", Integer.class))
			.withMessage("'type' is 'java.lang.Integer' but must be java.lang.String, as operation 'charge' was"
					+ " declared before: ask for it as it was declared, or choose another name");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.idempotency.execute("charge", "1", Integer.class, () -> 1));
		assertThat(
				this.idempotency.executeAsync("charge", "1", Integer.class, () -> CompletableFuture.completedFuture(1)))
			.isCompletedExceptionally();
		assertThat(this.operations.get("charge").lookup("1")).isEmpty();
	}

	@Test
	void operationWhenAskedForWithAnotherConfigShouldNameTheValue() {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class,
				(config) -> config.onAbandoned(OnAbandoned.RERUN));
		assertThat(this.idempotency.operation("charge", String.class)).isSameAs(charge);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.idempotency.operation("charge", String.class,
					(config) -> config.onAbandoned(OnAbandoned.REJECT)))
			.withMessage("'on-abandoned' is 'reject' but must be rerun, as operation 'charge' was declared before:"
					+ " ask for it as it was declared, or choose another name");
	}

	@Test
	void typeArgumentsShouldTellOperationsApart() throws Exception {
		Type texts = type("texts");
		TypedOperation<List<String>> search = this.idempotency.operation("search", texts);
		List<String> found = search.execute("1", null, () -> List.of("a"));
		assertThat(found).containsExactly("a");
		assertThat(this.idempotency.<List<String>>operation("search", type("sameTexts"))).isSameAs(search);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.idempotency.operation("search", type("numbers"), (config) -> config.ttl(DAY)))
			.withMessageContaining("must be java.util.List<java.lang.String>");
	}

	@Test
	void operationOfSomebodyElseShouldNotBeHandedOut() {
		this.operations.register(operation("refund", IdempotencyConfig.builder().build()));
		assertThatIllegalArgumentException().isThrownBy(() -> this.idempotency.operation("refund", String.class))
			.withMessage("'operation' is 'refund' but must not be the operation of an annotated method or a filter:"
					+ " choose another name");
		assertThat(this.made).hasValue(0);
	}

	@Test
	void operationThatWasRemovedShouldBeMadeAnew() {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		this.operations.remove("charge");
		TypedOperation<Integer> anew = this.idempotency.operation("charge", Integer.class);
		assertThat(anew).isNotSameAs(charge);
		assertThat(this.operations.get("charge")).isSameAs(anew.policy());
	}

	@Test
	void namesThatVaryShouldBeRefused() {
		for (int index = 0; index < Idempotency.MAX_OPERATIONS; index++) {
			this.idempotency.operation("charge-" + index, String.class);
		}
		assertThatIllegalStateException().isThrownBy(() -> this.idempotency.operation("another", String.class))
			.withMessage("There are 1000 operations already: declare one operation and give it keys instead of names"
					+ " that vary");
		assertThat(this.made).hasValue(Idempotency.MAX_OPERATIONS);
		assertThat(this.idempotency.operation("charge-7", String.class)).isNotNull();
		this.operations.remove("charge-7");
		assertThat(this.idempotency.operation("another", String.class)).isNotNull();
	}

	@Test
	void badNamesShouldBeRefused() {
		for (String name : List.of("", " ", "a\nb", "a".repeat(256))) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.idempotency.operation(name, String.class))
				.withMessageContaining("'operation' is '");
		}
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.idempotency.operation("charge", String.class, (config) -> config.ttl(Duration.ZERO)))
			.withMessageContaining("'ttl'");
		assertThat(this.operations.all()).isEmpty();
	}

	@Test
	@SuppressWarnings("NullAway") // what a caller without null checks may do
	void nullShouldBeRefused() {
		String none = System.getProperty("no.such.property");
		assertThatNullPointerException().isThrownBy(() -> this.idempotency.operation(none, String.class));
		assertThatExceptionOfType(IdempotencyKeyException.class)
			.isThrownBy(() -> this.idempotency.execute("charge", none, String.class, () -> "receipt"));
	}

	@Test
	void factoryThatRefusesShouldLeaveNothing() {
		Idempotency refusing = new Idempotency(this.operations, IdempotencyConfig.builder().build(),
				(name, type, config) -> {
					throw new IllegalArgumentException("cannot be read");
				});
		assertThatIllegalArgumentException().isThrownBy(() -> refusing.operation("charge", String.class))
			.withMessage("cannot be read");
		assertThat(this.operations.all()).isEmpty();
		assertThat(this.idempotency.operation("charge", String.class)).isNotNull();
	}

	@Test
	void threadsThatAskAtOnceShouldGetTheSameOperation() throws Exception {
		for (int round = 0; round < 50; round++) {
			String name = "charge-" + round;
			AtomicInteger effects = new AtomicInteger();
			List<TypedOperation<String>> all = Threads.together(8, () -> {
				TypedOperation<String> charge = this.idempotency.operation(name, String.class);
				charge.execute("1", null, () -> "receipt " + effects.incrementAndGet());
				return charge;
			});
			assertThat(all).containsOnly(all.get(0));
			assertThat(this.operations.get(name)).isSameAs(all.get(0).policy());
			assertThat(effects).hasValue(1);
		}
	}

	@Test
	void threadsThatDisagreeShouldNotAllGetTheOperation() throws Exception {
		for (int round = 0; round < 50; round++) {
			String name = "charge-" + round;
			AtomicInteger turn = new AtomicInteger();
			List<Class<?>> types = Threads.together(8, () -> {
				Class<?> type = (turn.getAndIncrement() % 2 == 0) ? String.class : Integer.class;
				try {
					this.idempotency.operation(name, type);
					return type;
				}
				catch (IllegalArgumentException ex) {
					return void.class;
				}
			});
			assertThat(types).contains(void.class);
			assertThat(types.stream().filter((type) -> type != void.class).distinct()).hasSize(1);
		}
	}

	@Test
	void lookupShouldTellStateAndResult() throws Exception {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		assertThat(charge.lookup("1")).isEmpty();
		charge.execute("1", null, () -> {
			Found<String> running = charge.lookup("1").orElseThrow();
			assertThat(running.status()).isEqualTo(Status.IN_PROGRESS);
			assertThat(running.result()).isEmpty();
			return "receipt";
		});
		Found<String> completed = charge.lookup("1").orElseThrow();
		assertThat(completed.status()).isEqualTo(Status.COMPLETED);
		assertThat(completed.result()).contains("receipt");
		assertThat(completed.failure()).isNull();
		assertThat(completed.toString()).doesNotContain("receipt");
		assertThat(this.idempotency.lookup("charge", "1", String.class).flatMap(Found::result)).contains("receipt");
	}

	@Test
	void lookupOfAbandonedCallShouldHaveNoResult() {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		assertThatThrownBy(() -> charge.execute("1", null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
		Found<String> abandoned = charge.lookup("1").orElseThrow();
		assertThat(abandoned.status()).isEqualTo(Status.ABANDONED);
		assertThat(abandoned.value()).isNull();
		assertThat(abandoned.failure()).isNull();
	}

	@Test
	void lookupOfStoredFailureShouldTellIt() {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class,
				(config) -> config.storedFailures(List.of(IllegalStateException.class)));
		assertThatThrownBy(() -> charge.execute("1", null, () -> {
			throw new IllegalStateException("declined");
		})).isInstanceOf(IllegalStateException.class);
		Found<String> failed = charge.lookup("1").orElseThrow();
		assertThat(failed.status()).isEqualTo(Status.COMPLETED);
		assertThat(failed.result()).isEmpty();
		assertThat(failed.failure()).isInstanceOfSatisfying(ReplayedFailureException.class,
				(failure) -> assertThat(failure.failureMessage()).isEqualTo("declined"));
		assertThat(failed.toString()).doesNotContain("declined");
	}

	@Test
	void lookupOfResultThatWasNotKeptShouldSaySoAndCountNothing() {
		IdempotentOperation charge = this.idempotency.operation("charge", String.class).policy();
		assertThatThrownBy(() -> charge.execute("1", null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
		IdempotencyRecords records = charge.records();
		String digest = new RecordKey(null, null, "charge", "1").digest();
		assertThat(records.complete(digest, records.find(digest).orElseThrow().owner())).isTrue();
		Found<String> settled = this.idempotency.lookup("charge", "1", String.class).orElseThrow();
		assertThat(settled.failure()).isInstanceOf(IdempotencyConflictException.class)
			.hasMessageContaining("settled by hand");
		assertThat(charge.snapshot().rejections()).containsEntry("result-not-kept", 0L);
	}

	@Test
	void lookupShouldReachOperationsOfAnnotatedMethodsAndCheckTheType() throws Exception {
		IdempotentOperation refund = this.operations.register(operation("refund", IdempotencyConfig.builder().build()));
		refund.execute("1", null, () -> "receipt");
		assertThat(this.idempotency.lookup("refund", "1", String.class).flatMap(Found::result)).contains("receipt");
		assertThatIllegalArgumentException().isThrownBy(() -> this.idempotency.lookup("refund", "1", Integer.class))
			.withMessage("'type' is 'java.lang.Integer' but must be what the result is, a java.lang.String: ask with"
					+ " the type that the operation's calls return");
		refund.execute("2", null, () -> 2);
		assertThat(this.idempotency.lookup("refund", "2", int.class).flatMap(Found::result)).contains(2);
	}

	@Test
	void lookupOfOperationThatNobodyDeclaredShouldNameTheNearestAndDeclareNothing() {
		this.idempotency.operation("charge", String.class);
		assertThatExceptionOfType(PolicyRegistry.UnknownPolicyException.class)
			.isThrownBy(() -> this.idempotency.lookup("chrage", "1", String.class))
			.withMessageContaining("charge");
		assertThat(this.operations.find("chrage")).isEmpty();
	}

	@Test
	void lookupOfNullResultShouldBeCompletedWithoutResult() throws Exception {
		TypedOperation<@Nullable String> notify = this.idempotency.operation("notify", (Type) String.class);
		notify.execute("1", null, () -> null);
		Optional<Found<@Nullable String>> found = notify.lookup("1");
		assertThat(found.orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(found.orElseThrow().result()).isEmpty();
		assertThat(found.orElseThrow().failure()).isNull();
	}

	@Test
	void forgetShouldLetTheNextCallRun() throws Exception {
		TypedOperation<String> charge = this.idempotency.operation("charge", String.class);
		charge.execute("1", null, () -> "receipt");
		assertThat(this.idempotency.forget("charge", "1")).isTrue();
		assertThat(this.idempotency.forget("charge", "1")).isFalse();
		assertThat(charge.execute("1", null, () -> "again")).isEqualTo("again");
		assertThat(charge.forget("1")).isTrue();
		assertThatExceptionOfType(PolicyRegistry.UnknownPolicyException.class)
			.isThrownBy(() -> this.idempotency.forget("chage", "1"))
			.withMessageContaining("Nearest: charge");
	}

	@Test
	void lookupAndForgetWhenTheStoreIsDownShouldSaySo() {
		this.idempotency.operation("charge", String.class);
		this.store.others.fail(2);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> this.idempotency.lookup("charge", "1", String.class));
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> this.idempotency.forget("charge", "1"));
	}

	private IdempotentOperation operation(String name, IdempotencyConfig config) {
		return new IdempotentOperation(name, config, this.store, this.ticker.source());
	}

	private static Type type(String method) {
		try {
			return Results.class.getDeclaredMethod(method).getGenericReturnType();
		}
		catch (NoSuchMethodException ex) {
			throw new AssertionError(ex);
		}
	}

	interface Results {

		List<String> texts();

		List<String> sameTexts();

		List<Integer> numbers();

	}

}
