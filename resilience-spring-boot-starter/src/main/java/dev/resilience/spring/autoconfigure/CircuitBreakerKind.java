package dev.resilience.spring.autoconfigure;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.config.Setting;
import dev.resilience.spring.autoconfigure.CircuitBreakerProperties.Breaker;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * How circuit breakers are bound: their presets, those of the application included, and
 * the beans that they refer to.
 */
final class CircuitBreakerKind {

	private static final String PRESETS = "resilience.circuit-breaker-presets";

	private static final String PRESET = "preset";

	private CircuitBreakerKind() {
	}

	static PolicySettings.Kind<Breaker, CircuitBreakerConfig> of(ConfigurableEnvironment environment,
			ListableBeanFactory beans) {
		Map<String, Map<String, String>> presets = presets(environment);
		ResultPredicates predicates = new ResultPredicates(beans, "record-result");
		return new PolicySettings.Kind<>(CircuitBreaker.TYPE, "resilience.circuit-breakers", Breaker.class,
				(breaker, own) -> breaker.toConfig(own, presets.keySet(), predicates::named), presets);
	}

	/**
	 * How the application's presets are checked: as breakers that may yet get a window.
	 */
	static PolicySettings.Kind<Breaker, CircuitBreakerConfig> ofPresets(ConfigurableEnvironment environment,
			ListableBeanFactory beans) {
		ResultPredicates predicates = new ResultPredicates(beans, "record-result");
		return new PolicySettings.Kind<>(CircuitBreaker.TYPE, PRESETS, Breaker.class,
				(preset) -> preset.toConfig(Breaker.WINDOWLESS, builtIn().keySet(), predicates::named),
				presets(environment));
	}

	private static Map<String, Map<String, String>> builtIn() {
		Map<String, Map<String, String>> builtIn = new TreeMap<>();
		Arrays.stream(CircuitBreakerPreset.values())
			.forEach((preset) -> builtIn.put(preset.key(), values(preset.builder().build())));
		return builtIn;
	}

	/**
	 * However it is spelt, one of our names would stand for two presets.
	 */
	private static void requireOwnName(String name, ConfigurationPropertyName target) {
		for (CircuitBreakerPreset preset : CircuitBreakerPreset.values()) {
			if (target.getLastElement(Form.UNIFORM).equals(preset.key().replace("-", ""))) {
				throw new InvalidPolicyException(target.toString(),
						Setting.of("circuit-breaker-presets", name)
							.violation("must not be the name of a built-in preset",
									"give yours a name of its own, and "
											+ "let it begin with the built-in one by 'preset: " + preset.key() + "'"),
						"Rename the preset, and the 'preset' of the breakers that are to begin with it.");
			}
		}
	}

	private static Map<String, Map<String, String>> presets(ConfigurableEnvironment environment) {
		Map<String, Map<String, String>> builtIn = builtIn();
		Map<String, Map<String, String>> presets = new TreeMap<>(builtIn);
		Map<String, ConfigurationPropertyName> targets = PolicyNames.configured(environment, PRESETS);
		ConfigurationPropertyName defaults = targets.remove(PolicySettings.DEFAULTS);
		Map<String, String> common = (defaults != null) ? values(environment, defaults) : Map.of();
		targets.forEach((name, target) -> {
			requireOwnName(name, target);
			Map<String, String> values = values(environment, target);
			common.forEach(values::putIfAbsent);
			presets.put(name, onBase(target, values, builtIn));
		});
		return presets;
	}

	/**
	 * A preset of the application may begin with one of ours.
	 */
	private static Map<String, String> onBase(ConfigurationPropertyName target, Map<String, String> values,
			Map<String, Map<String, String>> builtIn) {
		String base = values.remove(PRESET);
		if (base != null) {
			Map<String, String> inherited = builtIn.get(base);
			if (inherited == null) {
				throw new InvalidPolicyException(target.toString(),
						Setting.of(PRESET, base)
							.violation("must be a built-in preset",
									"nearest: " + String.join(", ", PolicyRegistry.nearest(base, builtIn.keySet()))));
			}
			inherited.forEach(values::putIfAbsent);
		}
		return values;
	}

	private static Map<String, String> values(CircuitBreakerConfig config) {
		Map<String, String> values = new LinkedHashMap<>();
		values.put("failure-threshold", Integer.toString(config.failureThreshold()));
		values.put("success-threshold", Integer.toString(config.successThreshold()));
		values.put("open-duration", config.openDuration().toString());
		if (config.callTimeout() != null) {
			values.put("call-timeout", config.callTimeout().toString());
			values.put("call-timeout-interrupt", Boolean.toString(config.callTimeoutInterrupt()));
		}
		return values;
	}

	private static Map<String, String> values(ConfigurableEnvironment environment, ConfigurationPropertyName target) {
		Map<ConfigurationPropertyName, String> found = new LinkedHashMap<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source instanceof IterableConfigurationPropertySource iterable) {
				iterable.stream().filter(target::isAncestorOf).forEach((name) -> {
					ConfigurationProperty property = source.getConfigurationProperty(name);
					if (property != null) {
						found.putIfAbsent(name.subName(target.getNumberOfElements()),
								String.valueOf(property.getValue()));
					}
				});
			}
		}
		Map<String, String> values = new LinkedHashMap<>();
		found.forEach((name, value) -> values.put(name.toString(), value));
		return values;
	}

}
