package dev.resilience.spring.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What holds for all patterns.
 *
 * @param enabled whether annotations protect anything at all
 * @param rejectionStackTraces whether rejections carry a stack trace, for all of the JVM
 * @param endpoints the endpoints over policies
 */
@ConfigurationProperties("resilience")
record ResilienceProperties(@DefaultValue("true") boolean enabled, @DefaultValue("false") boolean rejectionStackTraces,
		@DefaultValue Endpoints endpoints) {

	/**
	 * The endpoints over policies.
	 *
	 * @param enabled whether there are any; false makes room for another library's of the
	 * same ids
	 */
	record Endpoints(@DefaultValue("true") boolean enabled) {
	}

}
