package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Map;

import dev.resilience.config.Setting;
import dev.resilience.timeout.TimeoutConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Timeouts by name.
 *
 * @param timeouts settings by name; those under default hold for all
 */
@ConfigurationProperties("resilience")
record TimeoutProperties(@DefaultValue Map<String, Limit> timeouts) {

	/**
	 * One timeout.
	 *
	 * @param duration how long a call may take
	 * @param interrupt whether a plain call that takes longer is interrupted; otherwise
	 * it is only counted and told of
	 */
	record Limit(@Nullable Duration duration, @Nullable Boolean interrupt) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Limit valueOf(String group) {
			Values.requireEmpty(group);
			return new Limit(null, null);
		}

		TimeoutConfig toConfig() {
			Setting.of("duration", (this.duration != null) ? this.duration.toString() : "")
				.require(this.duration != null, "must be set", "say how long a call may take, such as 2s");
			TimeoutConfig.Builder config = TimeoutConfig.builder();
			Values.ifSet(this.duration, config::duration);
			Values.ifSet(this.interrupt, config::interrupt);
			return config.build();
		}

	}

}
