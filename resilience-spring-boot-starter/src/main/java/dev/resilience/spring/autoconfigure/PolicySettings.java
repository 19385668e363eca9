package dev.resilience.spring.autoconfigure;

import java.lang.annotation.Annotation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.aop.InlineSettings;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Binds the settings of named policies from layers, the strongest first: the policy's own
 * properties, what its annotation says inline, the policy named {@value #DEFAULTS}.
 * Behind each layer stands the preset that the layer names. Notes where each value came
 * from.
 */
final class PolicySettings {

	static final String DEFAULTS = "default";

	private static final String PRESET = "preset";

	private final ConfigurableEnvironment environment;

	private final InlineSettings inline;

	private final PolicyOrigins origins;

	PolicySettings(ConfigurableEnvironment environment, InlineSettings inline, PolicyOrigins origins) {
		this.environment = environment;
		this.inline = inline;
		this.origins = origins;
	}

	/**
	 * Makes all policies of a kind: those that the configuration describes, and those
	 * that an annotation gives settings to.
	 */
	<C, P extends Policy> PolicyRegistry<P> registry(Kind<?, C> kind, Class<? extends Annotation> annotation,
			BiFunction<String, C, P> factory) {
		Map<String, List<String>> inlined = this.inline.of(annotation);
		Set<String> names = names(kind.prefix());
		names.addAll(inlined.keySet());
		PolicyRegistry<P> registry = new PolicyRegistry<>(kind.type());
		for (String name : names) {
			C config = bind(kind, name, inlined.getOrDefault(name, List.of()));
			registry.register(factory.apply(name, config));
		}
		return registry;
	}

	/**
	 * The names of the policies that the configuration describes.
	 */
	private Set<String> names(String prefix) {
		Map<String, Object> policies = Binder.get(this.environment)
			.bind(prefix, Bindable.mapOf(String.class, Object.class))
			.orElseGet(Map::of);
		Set<String> names = new TreeSet<>(policies.keySet());
		names.remove(DEFAULTS);
		return names;
	}

	/**
	 * Binds one policy.
	 * @param kind what is bound, and how
	 * @param name the policy's name
	 * @param inline settings that an annotation gives, {@code property=value}
	 */
	private <S, C> C bind(Kind<S, C> kind, String name, List<String> inline) {
		ConfigurationPropertyName target = ConfigurationPropertyName.adapt(kind.prefix() + "." + name, '.');
		Map<String, String> found = new LinkedHashMap<>();
		List<ConfigurationPropertySource> layers = layers(kind, name, inline, target);
		Binder binder = new Binder(layers, new PropertySourcesPlaceholdersResolver(this.environment));
		S settings = binder.bindOrCreate(target.toString(), Bindable.of(kind.settings()),
				new OriginNoting(target, found));
		try {
			C config = kind.config().apply(settings);
			this.origins.put(kind.type(), name, found);
			return config;
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(target.toString(), ex, found);
		}
	}

	private List<ConfigurationPropertySource> layers(Kind<?, ?> kind, String name, List<String> inline,
			ConfigurationPropertyName target) {
		List<ConfigurationPropertySource> layers = new ArrayList<>();
		for (String layer : List.of(name, DEFAULTS)) {
			ConfigurationPropertyName from = ConfigurationPropertyName.adapt(kind.prefix() + "." + layer, '.');
			List<ConfigurationPropertySource> sources = new ArrayList<>();
			for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.environment)) {
				sources.add(from.equals(target) ? source : MovedPropertySource.of(source, from, target));
			}
			addLayer(kind, layers, sources, target);
			if (layer.equals(name)) {
				addLayer(kind, layers, List.of(inline(inline, target)), target);
			}
		}
		return layers;
	}

	private void addLayer(Kind<?, ?> kind, List<ConfigurationPropertySource> layers,
			List<ConfigurationPropertySource> layer, ConfigurationPropertyName target) {
		layers.addAll(layer);
		String preset = new Binder(layer, new PropertySourcesPlaceholdersResolver(this.environment))
			.bind(target.append(PRESET), Bindable.of(String.class))
			.orElse(null);
		Map<String, String> values = (preset != null) ? kind.presets().get(preset) : null;
		if (values != null) {
			layers.add(source(values, target, "preset " + preset));
		}
	}

	private static ConfigurationPropertySource inline(List<String> settings, ConfigurationPropertyName target) {
		Map<String, String> values = new LinkedHashMap<>();
		for (String setting : settings) {
			int equals = setting.indexOf('=');
			if (equals < 1) {
				throw new IllegalArgumentException(
						"the setting '" + setting + "' in 'config' must have the form property=value");
			}
			values.put(setting.substring(0, equals).trim(), setting.substring(equals + 1).trim());
		}
		return source(values, target, "annotation");
	}

	private static ConfigurationPropertySource source(Map<String, String> values, ConfigurationPropertyName target,
			String origin) {
		Map<String, Object> named = new LinkedHashMap<>();
		values.forEach((property, value) -> named.put(target + "." + property, value));
		return Objects.requireNonNull(ConfigurationPropertySource.from(new MapPropertySource(origin, named)));
	}

	/**
	 * How policies of a type are bound.
	 *
	 * @param type the policies' type
	 * @param prefix where they stand in the configuration
	 * @param settings the record that is bound
	 * @param config makes the engine's configuration of it
	 * @param presets named sets of settings
	 */
	record Kind<S, C>(String type, String prefix, Class<S> settings, Function<S, C> config,
			Map<String, Map<String, String>> presets) {
	}

}
