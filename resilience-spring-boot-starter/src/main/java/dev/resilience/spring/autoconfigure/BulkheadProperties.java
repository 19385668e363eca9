package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Map;

import dev.resilience.bulkhead.BulkheadConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bulkheads by name.
 *
 * @param bulkheads settings by name; those under default hold for all
 */
@ConfigurationProperties("resilience")
record BulkheadProperties(@DefaultValue Map<String, Places> bulkheads) {

	/**
	 * One bulkhead.
	 *
	 * @param maxConcurrentCalls how many calls may run at the same time
	 * @param maxWait how long a call may wait for its place; 0 rejects at once
	 * @param maxWaiting how many calls may wait at once
	 * @param maxKeys how many keys have places of their own at once
	 */
	record Places(@Nullable Integer maxConcurrentCalls, @Nullable Duration maxWait, @Nullable Integer maxWaiting,
			@Nullable Integer maxKeys) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Places valueOf(String group) {
			Values.requireEmpty(group);
			return new Places(null, null, null, null);
		}

		BulkheadConfig toConfig() {
			BulkheadConfig.Builder config = BulkheadConfig.builder();
			Values.ifSet(this.maxConcurrentCalls, config::maxConcurrentCalls);
			Values.ifSet(this.maxWait, config::maxWait);
			Values.ifSet(this.maxWaiting, config::maxWaiting);
			Values.ifSet(this.maxKeys, config::maxKeys);
			return config.build();
		}

	}

}
