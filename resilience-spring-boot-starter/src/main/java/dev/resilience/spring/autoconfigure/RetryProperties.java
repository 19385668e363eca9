package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

import dev.resilience.config.Setting;
import dev.resilience.retry.RetryAfter;
import dev.resilience.retry.RetryBudget;
import dev.resilience.retry.RetryConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Retries by name.
 *
 * @param retries settings by name; those under default hold for all
 */
@ConfigurationProperties("resilience")
record RetryProperties(@DefaultValue Map<String, Rule> retries) {

	/**
	 * One retry.
	 *
	 * @param enabled whether anything is retried at all
	 * @param maxRetries how often a call is made again at most
	 * @param baseDelay how long to wait before the first retry
	 * @param backoffFactor how much longer to wait before each further one
	 * @param maxDelay the longest wait
	 * @param jitter how far a wait may differ by chance, as a fraction of it each way
	 * @param maxDuration when to begin no further retry, from the beginning of the call
	 * on
	 * @param retryExceptions which failures are retried
	 * @param excludeExceptions which are not, though listed
	 * @param retryResult the name of a Predicate bean that tells which returned values
	 * are retried
	 * @param retryRejected whether to wait for a rate limiter that rejected
	 * @param budget how many retries all calls together may cost
	 */
	record Rule(@Nullable Boolean enabled, @Nullable Integer maxRetries, @Nullable Duration baseDelay,
			@Nullable Double backoffFactor, @Nullable Duration maxDelay, @Nullable Double jitter,
			@Nullable Duration maxDuration, @Nullable List<Class<?>> retryExceptions,
			@Nullable List<Class<?>> excludeExceptions, @Nullable String retryResult, @Nullable Boolean retryRejected,
			@Nullable Budget budget) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Rule valueOf(String group) {
			Values.requireEmpty(group);
			return new Rule(null, null, null, null, null, null, null, null, null, null, null, null);
		}

		/**
		 * Makes the engine's configuration.
		 * @param predicates finds a predicate bean by its name
		 * @param retryAfter reads when a callee wants to be called again
		 */
		RetryConfig toConfig(Function<String, Predicate<@Nullable Object>> predicates, RetryAfter retryAfter) {
			RetryConfig.Builder config = RetryConfig.builder().retryAfter(retryAfter);
			Values.ifSet(this.enabled, config::enabled);
			Values.ifSet(this.maxRetries, config::maxRetries);
			Values.ifSet(this.baseDelay, config::baseDelay);
			Values.ifSet(this.backoffFactor, config::backoffFactor);
			Values.ifSet(this.maxDelay, config::maxDelay);
			Values.ifSet(this.jitter, config::jitter);
			Values.ifSet(this.maxDuration, config::maxDuration);
			Values.ifSet(this.retryExceptions,
					(types) -> config.retryExceptions(Values.throwables("retry-exceptions", types)));
			Values.ifSet(this.excludeExceptions,
					(types) -> config.excludeExceptions(Values.throwables("exclude-exceptions", types)));
			Values.ifSet(this.retryResult, (name) -> config.retryResult(predicates.apply(name)));
			Values.ifSet(this.retryRejected, config::retryRejected);
			Values.ifSet(this.budget, (group) -> config.budget(group.toBudget()));
			return config.build();
		}

	}

	/**
	 * How many retries all calls together may cost.
	 *
	 * @param ratio retries for each recent call
	 * @param minPerSecond retries in a second that are there in any case
	 */
	record Budget(@Nullable Double ratio, @Nullable Integer minPerSecond) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Budget valueOf(String group) {
			Values.requireEmpty(group);
			return new Budget(null, null);
		}

		RetryBudget toBudget() {
			RetryBudget defaults = RetryBudget.DEFAULT;
			return new RetryBudget((this.ratio != null) ? this.ratio : defaults.ratio(),
					(this.minPerSecond != null) ? this.minPerSecond : defaults.minPerSecond());
		}

	}

}
