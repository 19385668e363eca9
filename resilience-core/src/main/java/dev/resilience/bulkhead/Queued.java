package dev.resilience.bulkhead;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits for its places. It leaves the queue exactly once: when it is granted
 * them, when its time is over, or when it gives up.
 */
final class Queued extends Admission.Wait {

	// Who ends a call must not be kept by the calls that it lets pass: a thread that
	// waits is only woken, and what goes on without a thread is handed to another
	// one. That also keeps a long queue of short calls from nesting on one stack.

	private final Bulkhead bulkhead;

	private final Places places;

	private final int weight;

	private final CompletableFuture<Admission> decision = new CompletableFuture<>();

	private boolean asynchronous;

	private volatile Sleeper.@Nullable Timer timer;

	Queued(Bulkhead bulkhead, Places places, int weight) {
		this.bulkhead = bulkhead;
		this.places = places;
		this.weight = weight;
	}

	int weight() {
		return this.weight;
	}

	@Override
	protected Admission await() throws InterruptedException {
		startTimer();
		try {
			return counted(this.decision.get());
		}
		catch (InterruptedException ex) {
			cancel();
			refuse();
			throw ex;
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("A decision never fails", ex);
		}
	}

	@Override
	protected CompletionStage<Admission> decision() {
		synchronized (this.places) {
			this.asynchronous = true;
		}
		if (this.decision.isDone()) {
			return this.decision.thenApply(this::counted);
		}
		startTimer();
		return this.decision;
	}

	@Override
	protected void cancel() {
		if (this.places.leave(this)) {
			this.bulkhead.countCancelled();
			decide(Permit.INERT);
		}
	}

	/**
	 * Leaves the queue without a trace.
	 */
	void withdraw() {
		if (!this.places.leave(this)) {
			refuse();
		}
	}

	/**
	 * The places are taken for this call. Called with the monitor of the places held.
	 * @return whether to {@link #tell()} afterwards
	 */
	boolean grant() {
		if (this.asynchronous) {
			return true;
		}
		decide(this.places.permit(this.weight));
		return false;
	}

	/**
	 * The places will never suffice.
	 */
	void refuseForGood() {
		tell(new Full(this.bulkhead, Full.FULL, this.places.taken()));
	}

	/**
	 * Tells of the grant.
	 */
	void tell() {
		tell(this.places.permit(this.weight));
	}

	/**
	 * Decides on another thread, if there is one to be had. Others wait to be told after
	 * this call: nothing may be thrown.
	 */
	private void tell(Admission admission) {
		try {
			this.bulkhead.sleeper().schedule(() -> decide(counted(admission)), 0);
		}
		catch (Throwable ex) {
			decide(counted(admission));
		}
	}

	/**
	 * Counts the grant, once the caller has it for certain.
	 */
	private Admission counted(Admission admission) {
		if (admission instanceof Place) {
			this.bulkhead.countWaited();
		}
		return admission;
	}

	private void expire() {
		if (this.places.leave(this)) {
			decide(new Full(this.bulkhead, Full.MAX_WAIT, this.places.taken()));
		}
	}

	private void decide(Admission admission) {
		this.decision.complete(admission);
		Sleeper.Timer.cancelIfPossible(this.timer);
	}

	private void startTimer() {
		try {
			this.timer = this.bulkhead.sleeper().schedule(this::expire, this.bulkhead.maxWaitNanos());
		}
		catch (Throwable ex) {
			cancel();
			refuse();
			throw ex;
		}
		if (this.decision.isDone()) {
			Sleeper.Timer.cancelIfPossible(this.timer);
		}
	}

	/**
	 * Gives places back that were granted too late.
	 */
	private void refuse() {
		CompletionStage<Admission> late = this.decision;
		late.thenAccept((admission) -> {
			if (admission instanceof Permit permit) {
				permit.abandoned();
			}
		});
	}

}
