package dev.resilience.spring.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * A named set of settings to begin with.
 */
@FunctionalInterface
interface Preset {

	/** The setting that names one. */
	String KEY = "preset";

	/**
	 * Shows the settings below a target, the strongest layer first.
	 */
	List<ConfigurationPropertySource> layers(ConfigurationPropertyName target);

	/**
	 * The name of the preset that settings begin with.
	 */
	static @Nullable String named(ConfigurableEnvironment environment, List<ConfigurationPropertySource> settings,
			ConfigurationPropertyName target) {
		return new Binder(settings, new PropertySourcesPlaceholdersResolver(environment))
			.bind(target.append(KEY), Bindable.of(String.class))
			.orElse(null);
	}

}
