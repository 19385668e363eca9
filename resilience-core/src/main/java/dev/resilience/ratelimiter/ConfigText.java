package dev.resilience.ratelimiter;

import dev.resilience.PolicySnapshot;

/**
 * A configuration as people read it.
 */
final class ConfigText {

	private ConfigText() {
	}

	/**
	 * What is allowed, in a few words.
	 */
	static String of(RateLimiterConfig config) {
		return switch (config.algorithm()) {
			case TOKEN_BUCKET -> rate(config) + ", burst " + config.burst();
			case SLIDING_WINDOW -> config.limit() + " in any " + period(config);
			case ADAPTIVE -> config.lowestRate() + " to " + config.highestRate() + " per " + period(config) + ", burst "
					+ config.burst();
		};
	}

	static String rate(RateLimiterConfig config) {
		return config.limit() + " per " + period(config);
	}

	/**
	 * Adds the settings that have a meaning for the algorithm.
	 */
	static void show(RateLimiterConfig config, PolicySnapshot.Builder snapshot) {
		snapshot.config("algorithm", config.algorithm().key())
			.config("limit", config.limit())
			.config("period", config.period())
			.config("burst", config.burst())
			.config("max-wait", config.maxWait())
			.config("max-waiting", config.maxWaiting())
			.config("max-keys", config.maxKeys())
			.config("mode", config.mode().key());
		switch (config.algorithm()) {
			case TOKEN_BUCKET -> {
			}
			case SLIDING_WINDOW -> snapshot.config("exact", config.exact());
			case ADAPTIVE -> {
				AdaptiveConfig adaptive = config.adaptive();
				snapshot.config("error-threshold", adaptive.errorThreshold())
					.config("adjustment-factor", adaptive.adjustmentFactor())
					.config("adjustment-period", adaptive.adjustmentPeriod())
					.config("min-rate", config.lowestRate())
					.config("max-rate", config.highestRate());
			}
		}
	}

	private static String period(RateLimiterConfig config) {
		return Unit.shown(config.period().toNanos(), "");
	}

}
