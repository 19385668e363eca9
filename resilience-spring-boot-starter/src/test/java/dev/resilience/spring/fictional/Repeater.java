package dev.resilience.spring.fictional;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Repeats calls that failed, but no rejection by a policy inside it: who was told to stay
 * out must not ask again at once. Thread-safe.
 */
public final class Repeater extends Policy {

	/** The policies' type. */
	public static final String TYPE = "repeater";

	private final int repetitions;

	private final LongAdder repeated = new LongAdder();

	/**
	 * Creates a repeater.
	 * @param name its name
	 * @param repetitions how often it repeats at most
	 * @param time unused
	 */
	public Repeater(String name, int repetitions, TimeSource time) {
		super(TYPE, name, time);
		this.repetitions = repetitions;
	}

	@Override
	public boolean mayRepeat() {
		return true;
	}

	@Override
	public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work) throws Throwable {
		for (int attempt = 0;; attempt++) {
			try {
				return work.invoke(argument);
			}
			catch (Throwable ex) {
				requireRepeatable(ex, attempt);
			}
		}
	}

	@Override
	public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		CompletableFuture<T> result = new CompletableFuture<>();
		attempt(argument, work, 0, result);
		return result;
	}

	private <A, T extends @Nullable Object> void attempt(A argument, Call<A, CompletionStage<T>> work, int attempt,
			CompletableFuture<T> result) {
		CompletionStage<T> stage;
		try {
			stage = work.invoke(argument);
		}
		catch (Throwable ex) {
			stage = CompletableFuture.failedFuture(ex);
		}
		CompletableFuture<T> running = stage.toCompletableFuture();
		CompletionStage<T> ending = result;
		ending.whenComplete((value, failure) -> running.cancel(true));
		stage.whenComplete((value, failure) -> {
			if (failure == null) {
				result.complete(value);
				return;
			}
			try {
				requireRepeatable(unwrap(failure), attempt);
				attempt(argument, work, attempt + 1, result);
			}
			catch (Throwable ex) {
				result.completeExceptionally(ex);
			}
		});
	}

	private void requireRepeatable(Throwable failure, int attempt) throws Throwable {
		if (attempt == this.repetitions || CallRejectedException.isOwn(failure)) {
			throw failure;
		}
		this.repeated.increment();
	}

	private static Throwable unwrap(Throwable failure) {
		Throwable inner = (failure instanceof CompletionException) ? failure.getCause() : null;
		return (inner != null) ? inner : failure;
	}

	@Override
	public PolicySnapshot snapshot() {
		return PolicySnapshot.of(this, "READY", List.of("READY"))
			.calls(Map.of("repeated", this.repeated.sum()))
			.config("repetitions", this.repetitions)
			.build();
	}

}
