package dev.resilience.ratelimiter;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import dev.resilience.PolicySnapshot;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as people read it.
 */
final class ConfigText {

	private static final long SHORT_BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

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

	/**
	 * What is allowed, but likely not meant.
	 * @param covered how many nanoseconds of the rate a burst lasts
	 */
	static List<String> warnings(RateLimiterConfig config, double covered) {
		List<String> warnings = new ArrayList<>();
		if (covered < SHORT_BURST_NANOS && config.algorithm() != RateLimiterAlgorithm.SLIDING_WINDOW) {
			long advised = (long) Math.ceil(config.burst() * (SHORT_BURST_NANOS / covered));
			warnings.add("'burst' is '" + config.burst() + "', which covers under 20 ms of " + rate(config)
					+ ": callers that pause as briefly as a garbage collection lose permits; raise 'burst' to "
					+ advised + " or more");
		}
		if (!config.maxWait().isZero() && config.maxWaiting() == 0) {
			warnings.add("'max-wait' is '" + config.maxWait()
					+ "' but 'max-waiting' is 0, so no call ever waits: raise 'max-waiting', or remove 'max-wait'");
		}
		if (config.algorithm() != RateLimiterAlgorithm.ADAPTIVE) {
			warnOfAdaptive(config, warnings);
		}
		return List.copyOf(warnings);
	}

	private static void warnOfAdaptive(RateLimiterConfig config, List<String> warnings) {
		AdaptiveConfig usual = AdaptiveConfig.builder().build();
		AdaptiveConfig given = config.adaptive();
		List<String> idle = new ArrayList<>();
		addIfOther("error-threshold", given.errorThreshold(), usual.errorThreshold(), idle);
		addIfOther("adjustment-factor", given.adjustmentFactor(), usual.adjustmentFactor(), idle);
		addIfOther("adjustment-period", given.adjustmentPeriod(), usual.adjustmentPeriod(), idle);
		addIfOther("min-rate", given.minRate(), usual.minRate(), idle);
		addIfOther("max-rate", given.maxRate(), usual.maxRate(), idle);
		if (!idle.isEmpty()) {
			warnings.add("'algorithm' is '" + config.algorithm().key() + "', for which " + String.join(", ", idle)
					+ " has no effect: set 'algorithm' to adaptive, or remove it");
		}
	}

	private static void addIfOther(String property, @Nullable Object given, @Nullable Object usual,
			List<String> others) {
		if (!Objects.equals(given, usual)) {
			others.add("'" + property + "'");
		}
	}

	private static String period(RateLimiterConfig config) {
		return Unit.shown(config.period().toNanos(), "");
	}

}
