package dev.resilience.spring.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Shows the properties below one name as if they stood below another, and no others.
 */
class MovedPropertySource implements ConfigurationPropertySource {

	private final ConfigurationPropertySource source;

	private final ConfigurationPropertyName from;

	private final ConfigurationPropertyName to;

	MovedPropertySource(ConfigurationPropertySource source, ConfigurationPropertyName from,
			ConfigurationPropertyName to) {
		this.source = source;
		this.from = from;
		this.to = to;
	}

	static ConfigurationPropertySource of(ConfigurationPropertySource source, ConfigurationPropertyName from,
			ConfigurationPropertyName to) {
		return (source instanceof IterableConfigurationPropertySource iterable) ? new Listed(iterable, from, to)
				: new MovedPropertySource(source, from, to);
	}

	/**
	 * Shows them in all sources, the strongest first.
	 */
	static List<ConfigurationPropertySource> all(ConfigurableEnvironment environment, ConfigurationPropertyName from,
			ConfigurationPropertyName to) {
		List<ConfigurationPropertySource> moved = new ArrayList<>();
		ConfigurationPropertySources.get(environment).forEach((source) -> moved.add(of(source, from, to)));
		return moved;
	}

	@Override
	public @Nullable ConfigurationProperty getConfigurationProperty(@Nullable ConfigurationPropertyName name) {
		if (name == null || !this.to.isAncestorOf(name)) {
			return null;
		}
		ConfigurationProperty property = this.source.getConfigurationProperty(move(name, this.to, this.from));
		return (property != null) ? new ConfigurationProperty(name, property.getValue(), property.getOrigin()) : null;
	}

	@Override
	public ConfigurationPropertyState containsDescendantOf(ConfigurationPropertyName name) {
		if (!this.to.equals(name) && !this.to.isAncestorOf(name)) {
			return ConfigurationPropertyState.UNKNOWN;
		}
		return this.source.containsDescendantOf(move(name, this.to, this.from));
	}

	static ConfigurationPropertyName move(ConfigurationPropertyName name, ConfigurationPropertyName from,
			ConfigurationPropertyName to) {
		return to.append(name.subName(from.getNumberOfElements()));
	}

	private static final class Listed extends MovedPropertySource implements IterableConfigurationPropertySource {

		private final IterableConfigurationPropertySource source;

		private final ConfigurationPropertyName from;

		private final ConfigurationPropertyName to;

		Listed(IterableConfigurationPropertySource source, ConfigurationPropertyName from,
				ConfigurationPropertyName to) {
			super(source, from, to);
			this.source = source;
			this.from = from;
			this.to = to;
		}

		@Override
		public Stream<ConfigurationPropertyName> stream() {
			return this.source.stream().filter(this.from::isAncestorOf).map((name) -> move(name, this.from, this.to));
		}

		@Override
		public ConfigurationPropertyState containsDescendantOf(ConfigurationPropertyName name) {
			return super.containsDescendantOf(name);
		}

	}

}
