package dev.resilience.idempotency;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What becomes of results in a store that keeps bytes.
 */
class KeptResultTests {

	private static final RecordKey RECORD = new RecordKey(null, null, "pay", "key");

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore memory = new MemoryIdempotencyStore(this.ticker.source());

	private final AtomicInteger effects = new AtomicInteger();

	private final IdempotentOperation pay = operation(new Text(), IdempotencyConfig.builder());

	@Test
	@Trap(32)
	void replayShouldReadWhatWasWritten() throws Exception {
		assertThat(pay("receipt")).isEqualTo("receipt");
		assertThat(pay("other")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(32)
	void replayOfNullShouldBeNull() throws Exception {
		assertThat(pay(null)).isNull();
		assertThat(pay("other")).isNull();
		assertThat(this.effects).hasValue(1);
	}

	@ParameterizedTest
	@Trap(28)
	@ValueSource(strings = { "unwritable", "erroneous" })
	void resultThatCannotBeWrittenShouldNotRunAgain(String result) throws Exception {
		assertThat(pay(result)).isEqualTo(result);
		assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> pay("other"))
			.withMessageContaining("its result was not kept: it cannot be written");
		assertThat(this.effects).hasValue(1);
		assertThat(this.pay.snapshot().calls()).containsEntry("tombstone", 1L).containsEntry("first", 0L);
		assertThat(this.pay.snapshot().rejections()).containsEntry("result-not-kept", 1L);
	}

	@ParameterizedTest
	@Trap(28)
	@ValueSource(strings = { "unwritable", "erroneous" })
	void laterResultThatCannotBeWrittenShouldNotRunAgain(String result) {
		CompletableFuture<String> started = new CompletableFuture<>();
		CompletableFuture<String> paid = this.pay.executeAsync("key", null, () -> started).toCompletableFuture();
		started.complete(result);
		assertThat(paid).isCompletedWithValue(result);
		assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> pay("other"))
			.withMessageContaining("its result was not kept: it cannot be written");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	@Trap(28)
	void failureWhoseMessageFailsShouldBeReplayedWithoutIt() {
		IdempotentOperation stored = operation(new Text(),
				IdempotencyConfig.builder().storedFailures(List.of(SilentException.class)));
		assertThatExceptionOfType(SilentException.class).isThrownBy(() -> stored.execute("key", null, () -> {
			throw new SilentException();
		}));
		assertThatExceptionOfType(ReplayedFailureException.class)
			.isThrownBy(() -> stored.execute("key", null, () -> "other"))
			.satisfies((failure) -> assertThat(failure.failureType()).isEqualTo(SilentException.class.getName()));
	}

	@Test
	@Trap(28)
	void resultThatIsTooLargeShouldNotRunAgain() throws Exception {
		IdempotentOperation small = operation(new Text(), IdempotencyConfig.builder().maxResultSize(7));
		assertThat(small.execute("fits", null, () -> "1234567")).isEqualTo("1234567");
		assertThat(small.execute("fits", null, () -> "other")).isEqualTo("1234567");
		assertThat(small.execute("key", null, () -> "12345678")).isEqualTo("12345678");
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> small.execute("key", null, () -> "other"))
			.withMessageContaining("larger than 'max-result-size'");
	}

	@ParameterizedTest
	@Trap(34)
	@ValueSource(strings = { "", "X", "Vunreadable", "Verroneous", "F", "F\u0000\u0009java", "T", "T?", "rO0AB" })
	void bytesOfSomebodyElseShouldBeAClearErrorAndRunNothing(String hostile) {
		UUID owner = UUID.randomUUID();
		IdempotencyConfig config = IdempotencyConfig.builder().build();
		this.memory.claim(RECORD, owner, null, config.lease(), config.ttl());
		this.memory.complete(RECORD, owner, null, hostile.getBytes(StandardCharsets.ISO_8859_1), config.ttl());
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> pay("receipt"))
			.withMessageContaining("its result cannot be read");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void resultThatCannotBeReadShouldBeToldOfWithoutWhatItSays() throws Exception {
		RecordingListener listener = new RecordingListener();
		pay("unreadable");
		this.pay.addListener(listener);
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> pay("receipt"));
		PolicyEvent event = listener.await(1).get(0);
		assertThat(event.kind()).isEqualTo("result-unreadable");
		assertThat(event.details()).containsEntry("record", RECORD.digest())
			.containsEntry("exception", IllegalStateException.class.getName());
	}

	@Test
	void operationWithoutACodecShouldBeRefused() {
		ScriptedStore bytes = new ScriptedStore(this.memory, true);
		assertThatIllegalArgumentException().isThrownBy(
				() -> new IdempotentOperation("pay", IdempotencyConfig.builder().build(), bytes, this.ticker.source()))
			.withMessage("The store of idempotent operation 'pay' keeps bytes, so the operation needs a codec for its"
					+ " results");
	}

	private @Nullable String pay(@Nullable String receipt) throws Exception {
		return this.pay.<@Nullable String>execute("key", null, () -> {
			this.effects.getAndIncrement();
			return receipt;
		});
	}

	private IdempotentOperation operation(ResultCodec codec, IdempotencyConfig.Builder config) {
		return new IdempotentOperation("pay", config.build(), new ScriptedStore(this.memory, true), codec, null,
				this.ticker.source());
	}

	private static final class Text implements ResultCodec {

		@Override
		public byte[] encode(Object value) {
			if (value.equals("unwritable")) {
				throw new IllegalStateException("no");
			}
			if (value.equals("erroneous")) {
				throw new AssertionError("no");
			}
			return ((String) value).getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public Object decode(byte[] bytes) {
			String text = new String(bytes, StandardCharsets.UTF_8);
			if (text.equals("unreadable")) {
				throw new IllegalStateException("no");
			}
			if (text.equals("erroneous")) {
				throw new AssertionError("no");
			}
			return text;
		}

	}

	private static final class SilentException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		@Override
		public String getMessage() {
			throw new IllegalStateException("no");
		}

	}

}
