package dev.resilience.spring.fictional;

import java.time.LocalTime;

import dev.resilience.config.Setting;

/**
 * When an office is open.
 *
 * @param from the first minute
 * @param to the first minute after it
 */
public record OfficeHoursConfig(LocalTime from, LocalTime to) {

	/**
	 * Checks the hours.
	 */
	public OfficeHoursConfig {
		Setting.of("to", to).require(to.isAfter(from), "must be after 'from'", "open for a while");
	}

}
