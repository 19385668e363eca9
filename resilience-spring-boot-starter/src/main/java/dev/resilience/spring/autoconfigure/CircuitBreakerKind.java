package dev.resilience.spring.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.config.Setting;
import dev.resilience.spring.autoconfigure.CircuitBreakerProperties.Breaker;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * How circuit breakers are bound: their presets, those of the application included, and
 * the beans that they refer to.
 */
final class CircuitBreakerKind {

	private static final String PRESETS = "resilience.circuit-breaker-presets";

	private CircuitBreakerKind() {
	}

	static PolicySettings.Kind<Breaker, CircuitBreakerConfig> of(ConfigurableEnvironment environment,
			ListableBeanFactory beans) {
		Map<String, Preset> presets = presets(environment);
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

	private static Map<String, Preset> builtIn() {
		Map<String, Preset> builtIn = new TreeMap<>();
		for (CircuitBreakerPreset preset : CircuitBreakerPreset.values()) {
			Map<String, String> values = values(preset.builder().build());
			builtIn.put(preset.key(),
					(target) -> List.of(PolicySettings.source(values, target, "preset " + preset.key())));
		}
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

	private static Map<String, Preset> presets(ConfigurableEnvironment environment) {
		Map<String, Preset> builtIn = builtIn();
		Map<String, Preset> presets = new TreeMap<>(builtIn);
		Map<String, ConfigurationPropertyName> targets = PolicyNames.configured(environment, PRESETS);
		targets.remove(PolicySettings.DEFAULTS);
		targets.forEach((name, target) -> {
			requireOwnName(name, target);
			presets.put(name, preset(environment, target, builtIn));
		});
		return presets;
	}

	/**
	 * What a preset of the application says itself, then what all of them say. It may
	 * begin with one of ours.
	 */
	private static Preset preset(ConfigurableEnvironment environment, ConfigurationPropertyName target,
			Map<String, Preset> builtIn) {
		ConfigurationPropertyName defaults = PolicyNames.target(PRESETS, PolicySettings.DEFAULTS);
		Preset own = (to) -> joined(MovedPropertySource.all(environment, target, to),
				MovedPropertySource.all(environment, defaults, to));
		String base = Preset.named(environment, own.layers(target), target);
		if (base == null) {
			return own;
		}
		Preset inherited = builtIn.get(base);
		if (inherited == null) {
			throw new InvalidPolicyException(target.toString(),
					Setting.of(Preset.KEY, base)
						.violation("must be a built-in preset",
								"nearest: " + String.join(", ", PolicyRegistry.nearest(base, builtIn.keySet()))));
		}
		return (to) -> joined(own.layers(to), inherited.layers(to));
	}

	private static List<ConfigurationPropertySource> joined(List<ConfigurationPropertySource> first,
			List<ConfigurationPropertySource> second) {
		return Stream.concat(first.stream(), second.stream()).toList();
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

}
