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

	private final TokenBucket bucket;

	private final long cost;

	private final long due;

	private final AtomicBoolean over = new AtomicBoolean();

	private final CompletableFuture<Admission> decision = new CompletableFuture<>();

	private volatile Sleeper.@Nullable Timer timer;

	Turn(RateLimiter limiter, TokenBucket bucket, long cost, long due) {
		this.limiter = limiter;
		this.bucket = bucket;
		this.cost = cost;
		this.due = due;
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
		return Permit.INERT;
	}

	@Override
	protected CompletionStage<Admission> decision() {
		Sleeper.Timer started = this.limiter.sleeper().schedule(this::pass, nanosLeft());
		this.timer = started;
		if (this.over.get()) {
			started.cancel();
		}
		return this.decision;
	}

	@Override
	protected void cancel() {
		if (this.over.compareAndSet(false, true)) {
			this.bucket.giveBack(this.cost);
			this.limiter.leaveQueue(false);
			Sleeper.Timer started = this.timer;
			if (started != null) {
				started.cancel();
			}
			this.decision.complete(Permit.INERT);
		}
	}

	private void pass() {
		if (this.over.compareAndSet(false, true)) {
			this.limiter.leaveQueue(true);
			this.decision.complete(Permit.INERT);
		}
	}

	private long nanosLeft() {
		return this.due - this.limiter.refill().elapsed();
	}

}
