package dev.resilience.spring.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import dev.resilience.PolicyRegistry;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * The keys right below {@code resilience}, and whether the configuration has others: a
 * misspelt pattern would otherwise be left unconfigured in silence. Environment variables
 * are passed over, as others may use the same prefix there.
 */
final class ConfigurationKeys {

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("resilience");

	private final Set<String> known = new TreeSet<>();

	ConfigurationKeys(ConfigurableListableBeanFactory beans) {
		for (String name : beans.getBeanNamesForAnnotation(ConfigurationProperties.class)) {
			Class<?> type = beans.getType(name, false);
			ConfigurationProperties properties = (type != null)
					? AnnotatedElementUtils.findMergedAnnotation(type, ConfigurationProperties.class) : null;
			if (type != null && properties != null) {
				add(type, ConfigurationPropertyName.of(properties.prefix()));
			}
		}
	}

	void verify(ConfigurableEnvironment environment) {
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source instanceof IterableConfigurationPropertySource iterable
					&& !(source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource)) {
				iterable.stream().filter(ROOT::isAncestorOf).forEach(this::verify);
			}
		}
	}

	private void verify(ConfigurationPropertyName name) {
		String key = name.getElement(1, Form.UNIFORM);
		if (this.known.stream().noneMatch((candidate) -> candidate.replace("-", "").equals(key))) {
			String shown = name.getElement(1, Form.ORIGINAL);
			throw new InvalidPolicyException("resilience." + shown, new IllegalArgumentException(
					"there is no such key; nearest: " + PolicyRegistry.nearest(shown, this.known)), null);
		}
	}

	private void add(Class<?> type, ConfigurationPropertyName prefix) {
		if (ROOT.isAncestorOf(prefix)) {
			this.known.add(prefix.getElement(1, Form.DASHED));
		}
		else if (ROOT.equals(prefix) && type.isRecord()) {
			for (RecordComponent component : type.getRecordComponents()) {
				this.known.add(component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
			}
		}
	}

}
