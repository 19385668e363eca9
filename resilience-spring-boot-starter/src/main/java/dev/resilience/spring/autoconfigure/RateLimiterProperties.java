package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Map;

import dev.resilience.config.Mode;
import dev.resilience.config.Setting;
import dev.resilience.ratelimiter.AdaptiveConfig;
import dev.resilience.ratelimiter.RateLimiterAlgorithm;
import dev.resilience.ratelimiter.RateLimiterConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Rate limiters by name.
 *
 * @param rateLimiters settings by name; those under default hold for all
 */
@ConfigurationProperties("resilience")
record RateLimiterProperties(@DefaultValue Map<String, Limiter> rateLimiters) {

	/**
	 * One limiter.
	 *
	 * @param algorithm how calls are counted
	 * @param limit calls in a period
	 * @param period the period
	 * @param burst calls at once after a pause; not with a sliding-window
	 * @param exact whether a sliding-window keeps the time of each call
	 * @param maxWait how long a call may wait for its turn; 0 rejects at once
	 * @param maxWaiting how many calls may wait at once
	 * @param maxKeys how many keys have a limit of their own at once
	 * @param errorThreshold percentage of errors that cuts an adaptive rate
	 * @param adjustmentFactor percentage by which an adaptive rate changes at once
	 * @param adjustmentPeriod how often an adaptive rate may change
	 * @param minRate lowest adaptive rate, in calls in a period
	 * @param maxRate highest adaptive rate, in calls in a period
	 * @param mode whether calls are turned away, or only counted
	 */
	record Limiter(@Nullable RateLimiterAlgorithm algorithm, @Nullable Long limit, @Nullable Duration period,
			@Nullable Long burst, @Nullable Boolean exact, @Nullable Duration maxWait, @Nullable Integer maxWaiting,
			@Nullable Integer maxKeys, @Nullable Integer errorThreshold, @Nullable Integer adjustmentFactor,
			@Nullable Duration adjustmentPeriod, @Nullable Long minRate, @Nullable Long maxRate, @Nullable Mode mode) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Limiter valueOf(String group) {
			Values.requireEmpty(group);
			return new Limiter(null, null, null, null, null, null, null, null, null, null, null, null, null, null);
		}

		RateLimiterConfig toConfig() {
			Setting.of("limit", (this.limit != null) ? this.limit.toString() : "")
				.require(this.limit != null, "must be set", "say how many calls may pass in a period");
			RateLimiterConfig.Builder config = RateLimiterConfig.builder();
			Values.ifSet(this.algorithm, config::algorithm);
			Values.ifSet(this.limit, config::limit);
			Values.ifSet(this.period, config::period);
			Values.ifSet(this.burst, config::burst);
			Values.ifSet(this.exact, config::exact);
			Values.ifSet(this.maxWait, config::maxWait);
			Values.ifSet(this.maxWaiting, config::maxWaiting);
			Values.ifSet(this.maxKeys, config::maxKeys);
			Values.ifSet(this.mode, config::mode);
			return config.adaptive(adaptive()).build();
		}

		private AdaptiveConfig adaptive() {
			AdaptiveConfig.Builder adaptive = AdaptiveConfig.builder();
			Values.ifSet(this.errorThreshold, adaptive::errorThreshold);
			Values.ifSet(this.adjustmentFactor, adaptive::adjustmentFactor);
			Values.ifSet(this.adjustmentPeriod, adaptive::adjustmentPeriod);
			Values.ifSet(this.minRate, adaptive::minRate);
			Values.ifSet(this.maxRate, adaptive::maxRate);
			return adaptive.build();
		}

	}

}
