package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Interleavings;
import dev.resilience.PolicySnapshot;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class LimiterInterleavingTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	@Test
	void takeFromBucketInAnyOrderShouldGrantWhatThereIs() {
		Interleavings.check(Bucket.class, 80);
	}

	@Test
	void takeFromBucketWhileItFillsInAnyOrderShouldGrantNoMoreThanWasEarned() {
		Interleavings.check(Filling.class, 80);
	}

	@Test
	void takeFromWindowInAnyOrderShouldGrantWhatThereIs() {
		Interleavings.check(Sliding.class, 80);
	}

	@Test
	@Tag("stress")
	void turnWhenPassedAndCancelledInAnyOrderShouldEndOnce() {
		Interleavings.checkTogether(Turns.class, 60, "> cancelFirst | cancelFirst >", "> cancelFirst | passFirst >",
				"> cancelFirst | cancelSecond >", "> cancelFirst | ask >", "> ask | ask >");
	}

	private static RateLimiterConfig.Builder config() {
		return RateLimiterConfig.builder().period(Duration.ofSeconds(1));
	}

	/**
	 * A bucket of three permits, one of them taken, while time stands still.
	 */
	public static class Bucket {

		private final TokenSupply supply = new TokenSupply(config().limit(1).burst(3).build(), new Stopwatch(() -> 0));

		private final Allowance bucket = this.supply.fresh();

		public Bucket() {
			this.bucket.take(1, 0, 0);
		}

		@Operation
		public boolean take() {
			return this.bucket.take(1, 0, 0) == 0;
		}

		@Operation
		public boolean takeTwo() {
			return this.bucket.take(2, 0, 0) == 0;
		}

		@Operation(runOnce = true)
		public void giveBack() {
			this.bucket.giveBack(1, 0);
		}

		@Operation(runOnce = true)
		public void reconfigure() {
			this.supply.reconfigure(config().limit(1).burst(2).build());
		}

		@Operation
		public long available() {
			return this.bucket.available(0);
		}

	}

	/**
	 * A bucket of two permits, and one more with each second. A caller who was held up
	 * may find fewer than there are, but never more.
	 */
	public static class Filling {

		private final AtomicLong now = new AtomicLong();

		private final Stopwatch stopwatch = new Stopwatch(this.now::get);

		private final Allowance bucket = new TokenSupply(config().limit(1).burst(2).build(), this.stopwatch).fresh();

		private final AtomicLong granted = new AtomicLong();

		@Operation
		public void take() {
			if (this.bucket.take(1, this.stopwatch.elapsed(), 0) == 0) {
				this.granted.incrementAndGet();
			}
		}

		@Operation
		public void takeAndGiveBack() {
			long elapsed = this.stopwatch.elapsed();
			if (this.bucket.take(1, elapsed, 0) == 0) {
				this.bucket.giveBack(1, elapsed);
			}
		}

		@Operation
		public void pass() {
			this.now.addAndGet(SECOND);
		}

		@Validate
		public void noMoreIsGrantedThanWasEarned() {
			long earned = 2 + this.now.get() / SECOND;
			long known = this.granted.get() + this.bucket.available(this.now.get());
			if (known > earned) {
				throw new IllegalStateException(known + " of " + earned);
			}
		}

	}

	/**
	 * Three permits a second, one of them taken.
	 */
	public static class Sliding {

		private final AtomicLong now = new AtomicLong();

		private final Stopwatch stopwatch = new Stopwatch(this.now::get);

		private final Allowance window = new WindowSupply(
				config().algorithm(RateLimiterAlgorithm.SLIDING_WINDOW).limit(3).build(), this.stopwatch)
			.fresh();

		public Sliding() {
			this.window.take(1, 0, 0);
		}

		@Operation
		public boolean take() {
			return this.window.take(1, this.stopwatch.elapsed(), 0) == 0;
		}

		@Operation
		public boolean takeTwo() {
			return this.window.take(2, this.stopwatch.elapsed(), 0) == 0;
		}

		@Operation(runOnce = true)
		public void giveBack() {
			this.window.giveBack(1, 0);
		}

		@Operation
		public long available() {
			return this.window.available(this.stopwatch.elapsed());
		}

		@Operation
		public void pass() {
			this.now.addAndGet(SECOND / 2);
		}

	}

	/**
	 * One permit a second, which is taken, and two calls that wait for their turn; there
	 * is room for one more.
	 */
	public static class Turns {

		private static final RateLimiterConfig CONFIG = config().limit(1)
			.burst(1)
			.maxWait(Duration.ofHours(1))
			.maxWaiting(3)
			.build();

		private final List<Runnable> timers = new CopyOnWriteArrayList<>();

		private final RateLimiter limiter = new RateLimiter("orders", CONFIG,
				Interleavings.time(() -> 0, this.timers::add));

		private final List<CompletableFuture<Admission>> decisions = new CopyOnWriteArrayList<>();

		private final Turn first;

		private final Turn second;

		public Turns() {
			this.limiter.tryAcquirePermit();
			this.first = turn(this.limiter.admit(CallContext.NONE));
			this.second = turn(this.limiter.admit(CallContext.NONE));
		}

		private Turn turn(Admission admission) {
			Turn turn = (Turn) admission;
			this.decisions.add(turn.decision().toCompletableFuture());
			return turn;
		}

		@Operation
		public void cancelFirst() {
			this.first.cancel();
		}

		@Operation
		public void cancelSecond() {
			this.second.cancel();
		}

		@Operation
		public void passFirst() {
			this.timers.get(0).run();
		}

		@Operation
		public boolean ask() {
			Admission admission = this.limiter.admit(CallContext.NONE);
			if (admission instanceof Turn) {
				turn(admission);
			}
			return admission instanceof Turn;
		}

		@Validate
		public void everyTurnHasEndedOnce() {
			PolicySnapshot snapshot = this.limiter.snapshot();
			long waited = snapshot.calls().getOrDefault("waited", 0L);
			long cancelled = snapshot.calls().getOrDefault("cancelled", 0L);
			long ended = this.decisions.stream().filter(CompletableFuture::isDone).count();
			double waiting = snapshot.gauges().getOrDefault("waiting", 0.0);
			Admission.Rejection next = (Admission.Rejection) this.limiter.tryAcquire();
			long ahead = 1 + this.decisions.size() - cancelled;
			if (waited + cancelled != ended || ended + waiting != this.decisions.size()
					|| !Duration.ofSeconds(ahead).equals(next.retryAfter())) {
				throw new IllegalStateException(waited + " waited, " + cancelled + " cancelled, " + waiting
						+ " waiting of " + this.decisions.size() + "; next in " + next.retryAfter());
			}
		}

	}

}
