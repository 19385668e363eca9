package dev.resilience.ratelimiter;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.ModelTests;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A rate limiter as the list of all its grants: a bucket lets no run of grants be more
 * than the burst and what was earned since the first of them; an exact window lets no
 * more than the limit be younger than the period.
 */
final class LimiterModel extends ModelTests.Model {

	/**
	 * A bucket counts in parts of a permit, of which a nanosecond earns a quarter at
	 * least. So much earlier a permit may be back; never later.
	 */
	private static final long EARLY = 4;

	private final boolean bucket;

	private final RateLimiterConfig config;

	private final RateLimiter limiter;

	private final Map<String, List<Grant>> grants = new HashMap<>();

	private long granted;

	private long rejected;

	private long now;

	LimiterModel(Random random, FakeTicker ticker, boolean bucket) {
		super(random, ticker);
		this.bucket = bucket;
		RateLimiterConfig.Builder builder = RateLimiterConfig.builder()
			.limit(1 + random.nextInt(20))
			.period(Duration.ofNanos(1 + random.nextInt(2_000_000_000)));
		this.config = bucket ? builder.burst(4 + random.nextInt(20)).build()
				: builder.limit(4 + random.nextInt(20))
					.algorithm(RateLimiterAlgorithm.SLIDING_WINDOW)
					.exact(true)
					.build();
		this.limiter = new RateLimiter("model", this.config, ticker.source());
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	@Override
	protected String step() {
		if (chance(20)) {
			Duration move = chance(50) ? move() : this.config.period().dividedBy(1 + this.random.nextInt(9));
			if (!this.bucket && move.isNegative()) {
				// What a window forgot stays forgotten: its own tests step back.
				move = Duration.ZERO;
			}
			this.ticker.advance(move);
			this.now += move.toNanos();
			return "time moved by " + move;
		}
		if (chance(1)) {
			this.limiter.reset();
			this.grants.clear();
			return "reset";
		}
		String key = chance(70) ? null : "k" + this.random.nextInt(2);
		int weight = chance(70) ? 1 : 1 + this.random.nextInt(4);
		Admission admission = this.limiter.tryAcquire(new CallContext(key, weight, chance(50)));
		boolean passes = admission instanceof Permit;
		assertThat(passes).isEqualTo(mayPass(key, weight, passes ? EARLY : 0));
		if (passes) {
			of(key).add(new Grant(this.now, weight));
			this.granted++;
		}
		else {
			this.rejected++;
			retryAfter(key, weight, (Admission.Rejection) admission);
		}
		return (passes ? "granted " : "rejected ") + weight + " for " + key;
	}

	/**
	 * Then the call passes, and a nanosecond before it does not.
	 */
	private void retryAfter(@Nullable String key, int weight, Admission.Rejection rejection) {
		Duration wait = Objects.requireNonNull(rejection.retryAfter());
		assertThat(wait).isPositive();
		long before = this.now;
		this.now = before + wait.toNanos();
		assertThat(mayPass(key, weight, EARLY)).as("after %s", wait).isTrue();
		this.now--;
		assertThat(mayPass(key, weight, 0)).as("just before %s", wait).isFalse();
		this.now = before;
	}

	private List<Grant> of(@Nullable String key) {
		return this.grants.computeIfAbsent(String.valueOf(key), (each) -> new ArrayList<>());
	}

	private boolean mayPass(@Nullable String key, int weight, long early) {
		List<Grant> all = of(key);
		BigInteger period = BigInteger.valueOf(this.config.period().toNanos());
		if (!this.bucket) {
			long young = all.stream()
				.filter((each) -> this.now - each.at() < this.config.period().toNanos())
				.mapToLong(Grant::weight)
				.sum();
			return young + weight <= this.config.limit();
		}
		long run = weight;
		for (int index = all.size() - 1; index >= 0; index--) {
			Grant first = all.get(index);
			run += first.weight();
			BigInteger earned = BigInteger.valueOf(this.now + early - first.at())
				.multiply(BigInteger.valueOf(this.config.limit()));
			BigInteger most = BigInteger.valueOf(this.config.burst()).multiply(period).add(earned);
			if (BigInteger.valueOf(run).multiply(period).compareTo(most) > 0) {
				return false;
			}
		}
		return weight <= this.config.burst();
	}

	@Override
	protected void check() {
		PolicySnapshot snapshot = this.limiter.snapshot();
		assertThat(snapshot.calls()).containsEntry("granted", this.granted).containsEntry("waited", 0L);
		assertThat(snapshot.rejections()).containsEntry("limit", this.rejected);
		assertThat(snapshot.gauges().get("available")).isBetween(available(0), available(EARLY));
		assertThat(this.ticker.timers()).isZero();
	}

	private double available(long early) {
		int available = 0;
		while (mayPass(null, available + 1, early)) {
			available++;
		}
		return available;
	}

	private record Grant(long at, int weight) {
	}

}
