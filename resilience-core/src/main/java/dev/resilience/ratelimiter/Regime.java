package dev.resilience.ratelimiter;

import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.keyed.Family;
import org.jspecify.annotations.Nullable;

/**
 * What a limiter allows between two orders, and what is used up under it: a waiter that
 * gives up returns its permits to the allowance it took them from, not to one that was
 * filled meanwhile. Immutable but for its parts, and thread-safe.
 *
 * @param generation how many orders came before
 * @param config what is allowed
 * @param supply what the allowances share
 * @param own the allowance of calls without a key
 * @param keyed those of the keys
 * @param adaptive the rate that follows errors, or {@code null} for a fixed one
 */
record Regime(long generation, RateLimiterConfig config, Supply supply, Allowance own, Family<Allowance> keyed,
		@Nullable AdaptiveRate adaptive) {

	/**
	 * A regime under which nothing is used up.
	 */
	static Regime fresh(long generation, RateLimiterConfig config, Stopwatch stopwatch,
			AdaptiveRate.Announcer announcer) {
		if (config.algorithm() == RateLimiterAlgorithm.SLIDING_WINDOW) {
			return fresh(generation, config, new WindowSupply(config, stopwatch), null);
		}
		TokenSupply tokens = new TokenSupply(config, stopwatch);
		boolean adapts = config.algorithm() == RateLimiterAlgorithm.ADAPTIVE;
		return fresh(generation, config, tokens, adapts ? new AdaptiveRate(config, tokens, announcer) : null);
	}

	private static Regime fresh(long generation, RateLimiterConfig config, Supply supply,
			@Nullable AdaptiveRate adaptive) {
		return new Regime(generation, config, supply, supply.own(), new Family<>(config.maxKeys(), supply::fresh),
				adaptive);
	}

	/**
	 * The same allowances under other settings for the same algorithm.
	 */
	Regime under(RateLimiterConfig next) {
		if (this.adaptive != null) {
			this.adaptive.reconfigure(next);
		}
		else {
			this.supply.reconfigure(next);
		}
		Family<Allowance> family = (next.maxKeys() == this.config.maxKeys()) ? this.keyed
				: new Family<>(next.maxKeys(), this.supply::fresh);
		return new Regime(this.generation + 1, next, this.supply, this.own, family, this.adaptive);
	}

	Allowance of(CallContext context) {
		Object key = context.key();
		return (key != null) ? this.keyed.member(key) : this.own;
	}

	/**
	 * The permit of a call that may pass.
	 */
	Permit permit() {
		return (this.adaptive != null) ? this.adaptive : Permit.INERT;
	}

	/**
	 * Looks whether it is time to adjust the rate.
	 */
	void look(long elapsed) {
		if (this.adaptive != null) {
			this.adaptive.look(elapsed);
		}
	}

	/**
	 * Notes that a call found no permit.
	 */
	void usedUp() {
		if (this.adaptive != null) {
			this.adaptive.usedUp();
		}
	}

	double perSecond() {
		return (this.adaptive != null) ? this.adaptive.perSecond()
				: this.config.perSecond((double) this.config.limit());
	}

}
