package dev.resilience.spring.autoconfigure;

import java.lang.annotation.Annotation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.aop.InlineSettings;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginTrackedValue;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Binds the settings of named policies from layers, the strongest first: the policy's own
 * properties, what its annotation says inline, the policy named {@value #DEFAULTS}.
 * Behind each layer stands the preset that the layer names. Notes where each value came
 * from.
 */
final class PolicySettings {

	static final String DEFAULTS = "default";

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
	 * that an annotation gives settings to. The defaults are no policy of their own,
	 * unless a pipeline names them.
	 */
	<C, P extends Policy> PolicyRegistry<P> registry(Kind<?, C> kind, Class<? extends Annotation> annotation,
			BiFunction<String, C, P> factory) {
		requirePolicies(ConfigurationPropertyName.of(kind.prefix()));
		Map<String, List<String>> inlined = this.inline.of(annotation);
		Map<String, ConfigurationPropertyName> targets = PolicyNames.configured(this.environment, kind.prefix());
		inlined.keySet().forEach((name) -> targets.putIfAbsent(name, PolicyNames.target(kind.prefix(), name)));
		ConfigurationPropertyName defaults = targets.remove(DEFAULTS);
		if (defaults != null) {
			verify(kind, defaults);
		}
		if (PipelineProperties.isListed(this.environment, kind.type(), DEFAULTS)) {
			targets.put(DEFAULTS, PolicyNames.target(kind.prefix(), DEFAULTS));
		}
		PolicyRegistry<P> registry = new PolicyRegistry<>(kind.type());
		targets.forEach((name, target) -> {
			C config = config(kind, name, target, inlined.getOrDefault(name, List.of()));
			P policy = factory.apply(name, config);
			warn(policy);
			registry.register(policy);
		});
		return registry;
	}

	/**
	 * Tells at start what a policy's snapshot warns of.
	 */
	private static void warn(Policy policy) {
		Object warning = policy.snapshot().details().get("warning");
		if (warning != null) {
			LoggerFactory.getLogger(policy.getClass()).warn("{}: {}", policy.name(), warning);
		}
	}

	/**
	 * Checks named sets of settings, those that no policy begins with too.
	 * @param kind how they are bound, as policies of their own; its presets are these
	 */
	void verifyPresets(Kind<?, ?> kind) {
		Map<String, ConfigurationPropertyName> targets = PolicyNames.configured(this.environment, kind.prefix());
		ConfigurationPropertyName defaults = targets.remove(DEFAULTS);
		if (defaults != null) {
			config(kind, defaults, () -> sources(defaults), List::of, new LinkedHashMap<>());
		}
		targets.forEach((name, target) -> config(kind, target,
				() -> kind.presets().getOrDefault(name, this::sources).layers(target), List::of,
				new LinkedHashMap<>()));
	}

	private void verify(Kind<?, ?> kind, ConfigurationPropertyName defaults) {
		Map<String, String> found = new LinkedHashMap<>();
		try {
			requireGroup(defaults, "settings");
			bind(kind, defaults, sources(defaults), found);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(defaults.toString(), ex, found);
		}
	}

	/**
	 * Makes the configuration of one policy.
	 * @param kind what is bound, and how
	 * @param name the policy's name
	 * @param target where the policy's own properties stand
	 * @param inline settings that an annotation gives, {@code property=value}
	 */
	private <C> C config(Kind<?, C> kind, String name, ConfigurationPropertyName target, List<String> inline) {
		Map<String, String> found = new LinkedHashMap<>();
		C config = config(kind, target, () -> layers(kind, inline, target), () -> own(name, inline, target), found);
		this.origins.put(kind.type(), name, found);
		return config;
	}

	/**
	 * What a policy alone is given. Nothing is only for the policy that is the others'
	 * defaults.
	 */
	private List<ConfigurationPropertySource> own(String name, List<String> inline, ConfigurationPropertyName target) {
		List<ConfigurationPropertySource> own = new ArrayList<>();
		if (!name.equals(DEFAULTS)) {
			own.addAll(sources(target));
			own.add(inline(inline, target));
		}
		return own;
	}

	private <S, C> C config(Kind<S, C> kind, ConfigurationPropertyName target,
			Supplier<List<ConfigurationPropertySource>> layers, Supplier<List<ConfigurationPropertySource>> own,
			Map<String, String> found) {
		try {
			requireGroup(target, "settings");
			S settings = bind(kind, target, layers.get(), found);
			return kind.config().apply(settings, bind(kind, target, own.get(), new LinkedHashMap<>()));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(target.toString(), ex, found);
		}
	}

	private void requirePolicies(ConfigurationPropertyName prefix) {
		try {
			requireGroup(prefix, "policies by name");
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(prefix.toString(), ex);
		}
	}

	private void requireGroup(ConfigurationPropertyName target, String group) {
		for (ConfigurationPropertySource source : sources()) {
			SettingValues.requireGroup(target, source.getConfigurationProperty(target), group);
		}
	}

	private <S> S bind(Kind<S, ?> kind, ConfigurationPropertyName target, List<ConfigurationPropertySource> sources,
			Map<String, String> found) {
		PropertySourcesPlaceholdersResolver placeholders = new PropertySourcesPlaceholdersResolver(this.environment);
		new SettingValues(sources, placeholders).require(kind.settings(), target);
		Set<ConfigurationPropertyName> groups = SettingValues.groups(kind.settings(), target);
		List<ConfigurationPropertySource> values = groups.isEmpty() ? sources
				: sources.stream().map((source) -> source.filter((name) -> !groups.contains(name))).toList();
		OriginNoting handler = new OriginNoting(target, found, placeholders);
		try {
			S settings = new Binder(values, placeholders).bindOrCreate(target.toString(), Bindable.of(kind.settings()),
					handler);
			handler.requireUnits();
			return settings;
		}
		catch (BindException ex) {
			if (ex.getCause() instanceof UnboundConfigurationPropertiesException unbound) {
				throw ConfigurationKeys.unknown(kind.settings(), target,
						unbound.getUnboundProperties().iterator().next());
			}
			throw ex;
		}
	}

	private List<ConfigurationPropertySource> layers(Kind<?, ?> kind, List<String> inline,
			ConfigurationPropertyName target) {
		ConfigurationPropertyName defaults = PolicyNames.target(kind.prefix(), DEFAULTS);
		List<ConfigurationPropertySource> layers = new ArrayList<>();
		addLayer(kind, layers, sources(target), target);
		addLayer(kind, layers, List.of(inline(inline, target)), target);
		addLayer(kind, layers, MovedPropertySource.all(this.environment, defaults, target), target);
		return layers;
	}

	/**
	 * All sources, without an empty group's own text, which binds to nothing.
	 */
	private List<ConfigurationPropertySource> sources(ConfigurationPropertyName target) {
		return sources().stream()
			.map((source) -> (source.getConfigurationProperty(target) != null)
					? MovedPropertySource.of(source, target, target) : source)
			.toList();
	}

	private List<ConfigurationPropertySource> sources() {
		List<ConfigurationPropertySource> sources = new ArrayList<>();
		ConfigurationPropertySources.get(this.environment).forEach(sources::add);
		return sources;
	}

	private void addLayer(Kind<?, ?> kind, List<ConfigurationPropertySource> layers,
			List<ConfigurationPropertySource> layer, ConfigurationPropertyName target) {
		layers.addAll(layer);
		String name = Preset.named(this.environment, layer, target);
		Preset preset = (name != null) ? kind.presets().get(name) : null;
		if (preset != null) {
			layers.addAll(preset.layers(target));
		}
	}

	private static ConfigurationPropertySource inline(List<String> settings, ConfigurationPropertyName target) {
		Map<String, String> values = new LinkedHashMap<>();
		for (String setting : settings) {
			int equals = setting.indexOf('=');
			values.put(setting.substring(0, equals).trim(), setting.substring(equals + 1).trim());
		}
		return source(values, target, "annotation");
	}

	static ConfigurationPropertySource source(Map<String, String> values, ConfigurationPropertyName target,
			String origin) {
		Map<String, Object> named = new LinkedHashMap<>();
		values.forEach((property, value) -> named.put(target + "." + property,
				OriginTrackedValue.of(value, new Layer(origin))));
		return Objects
			.requireNonNull(ConfigurationPropertySource.from(new OriginTrackedMapPropertySource(origin, named)));
	}

	private record Layer(String name) implements Origin {

		@Override
		public String toString() {
			return this.name;
		}

	}

	/**
	 * How policies of a type are bound.
	 *
	 * @param type the policies' type
	 * @param prefix where they stand in the configuration
	 * @param settings the record that is bound
	 * @param config makes the engine's configuration of all settings; those that the
	 * policy's own properties and its annotation give come again by themselves
	 * @param presets named sets of settings
	 */
	record Kind<S, C>(String type, String prefix, Class<S> settings, BiFunction<S, S, C> config,
			Map<String, Preset> presets) {

		Kind(String type, String prefix, Class<S> settings, Function<S, C> config, Map<String, Preset> presets) {
			this(type, prefix, settings, (all, own) -> config.apply(all), presets);
		}

	}

}
