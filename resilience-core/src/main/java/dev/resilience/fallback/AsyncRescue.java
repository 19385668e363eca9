package dev.resilience.fallback;

import java.util.Objects;
import java.util.concurrent.CompletionStage;

import dev.resilience.Policy.Call;
import dev.resilience.async.CallResult;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call and what is done after it failed: its own result, so that
 * cancelling the result reaches the call, or the handler that is at work.
 */
final class AsyncRescue<A, T extends @Nullable Object> extends CallResult<T> {

	private final Fallback fallback;

	private final A argument;

	AsyncRescue(Fallback fallback, A argument) {
		this.fallback = fallback;
		this.argument = argument;
	}

	AsyncRescue<A, T> start(Call<A, CompletionStage<T>> work) {
		try {
			await(Objects.requireNonNull(work.invoke(this.argument), "The call returned null instead of a stage"),
					null);
		}
		catch (Throwable ex) {
			Fallback.keepInterrupt(ex);
			advance(this.fallback.rescue(this.argument, ex));
		}
		return this;
	}

	private void await(CompletionStage<T> stage, @Nullable Rescue rescue) {
		onCancel(() -> giveUp(stage));
		follow(stage, (value, cause) -> {
			Throwable failure = failureOf(cause);
			if (failure == null) {
				succeeded(value, rescue != null);
			}
			else if (rescue == null) {
				advance(this.fallback.rescue(this.argument, failure));
			}
			else {
				rescue.failed(failure);
				advance(rescue);
			}
		});
	}

	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	private void advance(Rescue rescue) {
		while (!isDone() && rescue.next()) {
			try {
				Object value = rescue.recover();
				if (value instanceof CompletionStage<?> stage) {
					await((CompletionStage<T>) stage, rescue);
				}
				else {
					succeeded((T) value, true);
				}
				return;
			}
			catch (Throwable ex) {
				Fallback.keepInterrupt(ex);
				rescue.failed(ex);
			}
		}
		if (fail(rescue.original())) {
			this.fallback.countFailed();
		}
	}

	private void succeeded(T value, boolean recovered) {
		if (succeed(value)) {
			this.fallback.countSucceeded(recovered);
		}
	}

}
