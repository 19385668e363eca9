package dev.resilience.ratelimiter;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * A call that took its permits ahead of time, and passes when they are earned. Whoever
 * gives up before that gives them back.
 */
final class Turn extends Admission.Wait {

	private final RateLimiter limiter;

	private final Allowance allowance;

	private final int weight;

	private final Permit permit;

	private final long due;

	private final AtomicBoolean over = new AtomicBoolean();

	private final CompletableFuture<Admission> decision = new CompletableFuture<>();

	private volatile Sleeper.@Nullable Timer timer;

	Turn(RateLimiter limiter, Allowance allowance, int weight, long due, Permit permit) {
		this.limiter = limiter;
		this.allowance = allowance;
		this.weight = weight;
		this.due = due;
		this.permit = permit;
	}

	@Override
	protected Admission await() throws InterruptedException {
		try {
			this.limiter.sleeper().sleep(nanosLeft());
			pass();
		}
		finally {
			cancel();
		}
		return this.permit;
	}

	@Override
	protected CompletionStage<Admission> decision() {
		Sleeper.Timer started = this.limiter.sleeper().schedule(this::pass, nanosLeft());
		this.timer = started;
		if (this.over.get()) {
			Sleeper.Timer.cancelIfPossible(started);
		}
		return this.decision;
	}

	@Override
	protected void cancel() {
		if (this.over.compareAndSet(false, true)) {
			this.allowance.giveBack(this.weight, this.due);
			this.limiter.leaveQueue(false);
			Sleeper.Timer.cancelIfPossible(this.timer);
			this.decision.complete(Permit.INERT);
		}
	}

	private void pass() {
		if (this.over.compareAndSet(false, true)) {
			this.limiter.leaveQueue(true);
			this.decision.complete(this.permit);
		}
	}

	private long nanosLeft() {
		return this.due - this.limiter.elapsed();
	}

}
