package dev.resilience.timeout;

import java.util.concurrent.CompletionStage;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.time.Unfinished;
import org.jspecify.annotations.Nullable;

/**
 * A call took too long and was stopped. The callee <em>was</em> called, and may have
 * taken effect; to the policies around, this is its failure. The cause is what a plain
 * call threw when it was interrupted. An asynchronous call that cannot be cancelled may
 * still be running.
 */
public final class CallTimeoutException extends CallRejectedException implements Unfinished {

	private static final long serialVersionUID = 1L;

	@SuppressWarnings("serial")
	private final transient @Nullable CompletionStage<?> work;

	CallTimeoutException(Admission.Rejection rejection, @Nullable Throwable cause, @Nullable CompletionStage<?> work) {
		super(rejection, cause);
		this.work = work;
	}

	@Override
	public Category category() {
		return Category.TIMED_OUT;
	}

	@Override
	public void whenEnded(Runnable action) {
		if (this.work == null) {
			action.run();
		}
		else {
			this.work.whenComplete((value, failure) -> action.run());
		}
	}

}
