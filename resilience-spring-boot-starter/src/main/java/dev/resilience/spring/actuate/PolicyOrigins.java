package dev.resilience.spring.actuate;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where each value of each policy's configuration came from. Thread-safe.
 */
public final class PolicyOrigins {

	private final Map<String, Map<String, String>> origins = new ConcurrentHashMap<>();

	/**
	 * Notes where a policy's values came from.
	 * @param type the policy's type
	 * @param name the policy's name
	 * @param values by property name, a place that people can find
	 */
	public void put(String type, String name, Map<String, String> values) {
		this.origins.put(type + ':' + name, Map.copyOf(values));
	}

	/**
	 * Notes that a policy's value comes from somewhere else now.
	 * @param type the policy's type
	 * @param name the policy's name
	 * @param property the property, in kebab case
	 * @param place a place that people can find
	 */
	public void put(String type, String name, String property, String place) {
		this.origins.merge(type + ':' + name, Map.of(property, place), (before, changed) -> {
			Map<String, String> after = new HashMap<>(before);
			after.putAll(changed);
			return Map.copyOf(after);
		});
	}

	/**
	 * Where a policy's value came from.
	 * @param type the policy's type
	 * @param name the policy's name
	 * @param property the property, in kebab case
	 * @return the place, or {@code default}
	 */
	public String origin(String type, String name, String property) {
		return this.origins.getOrDefault(type + ':' + name, Map.of()).getOrDefault(property, "default");
	}

}
