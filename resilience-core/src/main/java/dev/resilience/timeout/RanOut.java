package dev.resilience.timeout;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import org.jspecify.annotations.Nullable;

/**
 * That the time of a call is over. It says the same for every call.
 */
final class RanOut extends Admission.Rejection {

	static final String REASON = "timeout";

	private final String explanation;

	RanOut(Timeout timeout) {
		super(timeout, REASON);
		this.explanation = "timeout '" + timeout.name() + "' ran out: the call took longer than "
				+ text(timeout.config().duration());
	}

	@Override
	public String explain() {
		return this.explanation;
	}

	@Override
	public CallRejectedException toException() {
		return toException(null, null);
	}

	/**
	 * The exception that tells a caller.
	 * @param cause what the call threw when it was interrupted
	 * @param work ends when the work does, if it may still go on
	 */
	CallTimeoutException toException(@Nullable Throwable cause, @Nullable CompletionStage<?> work) {
		return new CallTimeoutException(this, cause, work);
	}

	private static String text(Duration duration) {
		if (duration.toNanos() % 1_000_000_000 == 0) {
			return duration.toSeconds() + " s";
		}
		return (duration.toNanos() % 1_000_000 == 0) ? duration.toMillis() + " ms" : duration.toNanos() + " ns";
	}

}
