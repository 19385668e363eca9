package dev.resilience.spring.autoconfigure;

import java.util.List;
import java.util.Map;

import dev.resilience.spring.autoconfigure.Pipelines.Entry;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.env.Environment;

/**
 * Pipelines by name.
 *
 * @param pipelines by name, the policies around a call, each type:name, outermost first
 */
@ConfigurationProperties("resilience")
record PipelineProperties(@DefaultValue Map<String, List<String>> pipelines) {

	/**
	 * Whether a pipeline lists a policy.
	 */
	static boolean isListed(Environment environment, String type, String name) {
		return Binder.get(environment)
			.bindOrCreate("resilience", PipelineProperties.class)
			.pipelines()
			.values()
			.stream()
			.flatMap(List::stream)
			.anyMatch((entry) -> Entry.of(entry).equals(new Entry(type, name)));
	}

}
