package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Map;

import dev.resilience.config.Setting;
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
	 * @param limit calls in a period
	 * @param period the period
	 * @param burst calls at once after a pause
	 * @param maxWait how long a call may wait for its turn; 0 rejects at once
	 * @param maxWaiting how many calls may wait at once
	 * @param maxKeys how many keys have a limit of their own at once
	 */
	record Limiter(@Nullable Long limit, @Nullable Duration period, @Nullable Long burst, @Nullable Duration maxWait,
			@Nullable Integer maxWaiting, @Nullable Integer maxKeys) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Limiter valueOf(String group) {
			Values.requireEmpty(group);
			return new Limiter(null, null, null, null, null, null);
		}

		RateLimiterConfig toConfig() {
			Setting.of("limit", (this.limit != null) ? this.limit.toString() : "")
				.require(this.limit != null, "must be set", "say how many calls may pass in a period");
			RateLimiterConfig.Builder config = RateLimiterConfig.builder();
			Values.ifSet(this.limit, config::limit);
			Values.ifSet(this.period, config::period);
			Values.ifSet(this.burst, config::burst);
			Values.ifSet(this.maxWait, config::maxWait);
			Values.ifSet(this.maxWaiting, config::maxWaiting);
			Values.ifSet(this.maxKeys, config::maxKeys);
			return config.build();
		}

	}

}
