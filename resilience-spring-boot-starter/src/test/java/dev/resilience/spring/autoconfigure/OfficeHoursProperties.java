package dev.resilience.spring.autoconfigure;

import java.time.LocalTime;
import java.util.Map;

import dev.resilience.spring.fictional.OfficeHoursConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Offices by name.
 *
 * @param officeHours settings by name
 */
@ConfigurationProperties("resilience")
record OfficeHoursProperties(@DefaultValue Map<String, Office> officeHours) {

	/**
	 * One office.
	 *
	 * @param from the first minute that it is open
	 * @param to the first minute after it
	 */
	record Office(@Nullable LocalTime from, @Nullable LocalTime to) {

		OfficeHoursConfig toConfig() {
			return new OfficeHoursConfig((this.from != null) ? this.from : LocalTime.of(9, 0),
					(this.to != null) ? this.to : LocalTime.of(17, 0));
		}

	}

}
