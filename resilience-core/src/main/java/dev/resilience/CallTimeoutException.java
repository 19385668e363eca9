package dev.resilience;

import java.util.concurrent.CompletionStage;

import dev.resilience.async.Unfinished;
import org.jspecify.annotations.Nullable;

/**
 * A call took longer than a gate allows it. The callee <em>was</em> called, and may have
 * taken effect; to all policies around, this is its failure. The cause is what a plain
 * call threw when it was interrupted. An asynchronous call that cannot be cancelled may
 * still be running.
 */
public final class CallTimeoutException extends CallRejectedException implements Unfinished {

	private static final long serialVersionUID = 1L;

	@SuppressWarnings("serial")
	private final transient @Nullable CompletionStage<?> work;

	private final boolean late;

	CallTimeoutException(Admission.Rejection ranOut, @Nullable Throwable cause, @Nullable CompletionStage<?> work,
			boolean late) {
		super(ranOut, cause);
		this.work = work;
		this.late = late;
	}

	/**
	 * Whether the call could not be stopped, and its own outcome was passed on to the
	 * caller. Then only the gates' permits are told of this exception.
	 * @return whether the call ended by itself, too late
	 */
	public boolean isLate() {
		return this.late;
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
