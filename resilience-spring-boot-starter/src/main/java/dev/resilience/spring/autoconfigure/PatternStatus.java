package dev.resilience.spring.autoconfigure;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.health.contributor.Status;

/**
 * What a pattern answers to health instead of DEGRADED. A bean of a pattern that wants
 * to.
 *
 * @param type the policies' type
 * @param status the status' name
 */
record PatternStatus(String type, String status) {

	static Map<String, Status> byType(ObjectProvider<PatternStatus> statuses) {
		return statuses.stream()
			.collect(Collectors.toMap(PatternStatus::type,
					(status) -> new Status(status.status().replace('-', '_').toUpperCase(Locale.ROOT))));
	}

}
