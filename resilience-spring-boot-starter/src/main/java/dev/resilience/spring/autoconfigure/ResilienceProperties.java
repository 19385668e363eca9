package dev.resilience.spring.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What holds for all patterns.
 *
 * @param enabled whether annotations protect anything at all
 * @param rejectionStackTraces whether rejections carry a stack trace, for all of the JVM
 */
@ConfigurationProperties("resilience")
record ResilienceProperties(@DefaultValue("true") boolean enabled,
		@DefaultValue("false") boolean rejectionStackTraces) {
}
