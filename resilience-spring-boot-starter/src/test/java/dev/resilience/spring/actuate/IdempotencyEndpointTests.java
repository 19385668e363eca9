package dev.resilience.spring.actuate;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

import dev.resilience.PolicyRegistry;
import dev.resilience.RecordingListener;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.spring.actuate.problem.AbsentException;
import dev.resilience.time.FakeTicker;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Records as people see and settle them.
 */
class IdempotencyEndpointTests {

	private static final String RECORD = new RecordKey(null, null, "pay", "key").digest();

	private final FakeTicker ticker = new FakeTicker();

	private final PolicyRegistry<IdempotentOperation> operations = new PolicyRegistry<>(IdempotentOperation.TYPE);

	private final IdempotencyEndpoint endpoint = new IdempotencyEndpoint(this.operations, new PolicyOrigins());

	private final IdempotentOperation pay = this.operations
		.register(new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(this.ticker.source()), this.ticker.source()));

	@BeforeEach
	void abandon() {
		abandon(this.pay);
	}

	private static void abandon(IdempotentOperation operation) {
		assertThatThrownBy(() -> operation.execute("key", null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
	}

	@Test
	void inspectShouldTellStateAgeOwnerAndTimeLeft() {
		assertThat(inspect()).containsEntry("record", RECORD)
			.containsEntry("state", "ABANDONED")
			.containsEntry("claimedAt", FakeTicker.EPOCH)
			.containsKeys("owner", "timeLeft")
			.doesNotContainKey("completedAt");
	}

	@Test
	void oneShouldListWhatRunsAndWhatWasAbandonedAndNeverAKey() throws Exception {
		this.ticker.advance(Duration.ofSeconds(1));
		String running = new RecordKey(null, null, "pay", "alice@example.com").digest();
		this.pay.execute("alice@example.com", null, () -> {
			Map<String, Object> one = one("pay");
			assertThat(one).containsEntry("name", "pay").doesNotContainKey("recordsUnavailable");
			List<Map<String, Object>> records = records(one);
			assertThat(records).hasSize(2);
			assertThat(records.get(0)).hasSize(5)
				.containsEntry("record", running)
				.containsEntry("state", "IN_PROGRESS")
				.containsEntry("claimedAt", FakeTicker.EPOCH.plusSeconds(1))
				.containsEntry("timeLeft", Duration.ofSeconds(30))
				.containsKey("owner");
			assertThat(records.get(1)).isEqualTo(inspect());
			assertThat(one.toString()).doesNotContain("alice");
			return "receipt";
		});
		act("release", RECORD, owner());
		assertThat(one("pay")).containsEntry("records", List.of());
	}

	@Test
	void oneWhenTheStoreFailsShouldSayThatRecordsAreUnavailable() {
		IdempotencyStore memory = new MemoryIdempotencyStore(this.ticker.source());
		IdempotencyStore failing = (IdempotencyStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { IdempotencyStore.class }, (proxy, method, arguments) -> method.getName().equals("find")
						? CompletableFuture.failedFuture(new IOException("secret")) : method.invoke(memory, arguments));
		abandon(this.operations.register(
				new IdempotentOperation("refund", IdempotencyConfig.builder().build(), failing, this.ticker.source())));
		assertThat(one("refund")).containsEntry("name", "refund")
			.containsEntry("records", List.of())
			.containsEntry("recordsUnavailable", "java.io.IOException");
	}

	@Test
	void answersToOrdersAndListsOfAllShouldNotLookRecordsUp() {
		assertThat(act("release", RECORD, owner())).doesNotContainKey("records");
		assertThat(this.endpoint.all().toString()).doesNotContain("records");
	}

	@Test
	void completeShouldKeepTheCallFromEverRunning() {
		RecordingListener listener = new RecordingListener();
		this.pay.addListener(listener);
		act("complete", RECORD, owner());
		assertThat(inspect()).containsEntry("state", "COMPLETED");
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> this.pay.execute("key", null, () -> "receipt"))
			.withMessageContaining("settled by hand");
		assertThat(listener.await(1).get(0).details()).containsEntry("record", RECORD);
	}

	@Test
	void releaseShouldLetTheNextCallRun() throws Exception {
		act("release", RECORD, owner());
		assertThat(this.pay.execute("key", null, () -> "receipt")).isEqualTo("receipt");
	}

	@Test
	void settlingWhenTheRecordChangedMeanwhileShouldDoNothing() throws Exception {
		String owner = owner();
		refused("complete", RECORD, UUID.randomUUID().toString(), "another owner");
		refused("release", RECORD, UUID.randomUUID().toString(), "another owner");
		act("release", RECORD, owner);
		absent(() -> act("complete", RECORD, owner));
		absent(() -> act("release", RECORD, owner));
		this.pay.execute("key", null, () -> "receipt");
		refused("complete", RECORD, owner(), "is COMPLETED");
		refused("release", RECORD, owner(), "is COMPLETED");
		assertThat(this.pay.execute("key", null, () -> "other")).isEqualTo("receipt");
	}

	@Test
	void orderForARecordThatIsNotThereShouldSaySo() throws Exception {
		String other = new RecordKey(null, null, "pay", "other").digest();
		absent(() -> act("inspect", other, null));
		absent(() -> forget("other"));
		this.pay.execute("running", null, () -> {
			assertThatExceptionOfType(InvalidEndpointRequestException.class).isThrownBy(() -> forget("running"))
				.withMessageContaining("still running");
			return "receipt";
		});
		assertThat(forget("running")).containsEntry("name", "pay");
	}

	private static void absent(ThrowingCallable order) {
		assertThatExceptionOfType(AbsentException.class).isThrownBy(order);
	}

	private Map<String, Object> forget(String key) {
		return this.endpoint.act(new String[] { "pay" }, "forget", key, null, null, null, null);
	}

	private Map<String, Object> one(String operation) {
		return this.endpoint.one(new String[] { operation });
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> records(Map<String, Object> one) {
		return (List<Map<String, Object>>) Objects.requireNonNull(one.get("records"));
	}

	private String owner() {
		return String.valueOf(inspect().get("owner"));
	}

	private Map<String, Object> inspect() {
		return act("inspect", RECORD, null);
	}

	private Map<String, Object> act(String action, String record, @Nullable String owner) {
		return this.endpoint.act(new String[] { "pay" }, action, null, null, null, record, owner);
	}

	private void refused(String action, String record, String owner, String reason) {
		assertThatExceptionOfType(InvalidEndpointRequestException.class).isThrownBy(() -> act(action, record, owner))
			.withMessageContaining(reason)
			.withMessageContaining("nothing was done");
	}

}
