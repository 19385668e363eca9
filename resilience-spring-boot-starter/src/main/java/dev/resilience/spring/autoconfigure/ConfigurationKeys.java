package dev.resilience.spring.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import dev.resilience.PolicyRegistry;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * The keys below {@code resilience}, and below those that are groups of keys, and whether
 * the configuration has others: a misspelt pattern would otherwise be left unconfigured
 * in silence. Environment variables are passed over, as others may use the same prefix
 * there.
 */
final class ConfigurationKeys {

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("resilience");

	/**
	 * By group, the keys below it; none where something else checks what stands there.
	 */
	private final Map<String, Set<String>> known = new TreeMap<>();

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
		String group = "";
		for (int index = 1; index < name.getNumberOfElements(); index++) {
			Set<String> keys = this.known.getOrDefault(group, Set.of());
			if (keys.isEmpty()) {
				return;
			}
			String key = find(name, index, keys);
			if (key == null) {
				throw unknown(name, index, keys);
			}
			group += "." + key;
		}
	}

	private static @Nullable String find(ConfigurationPropertyName name, int index, Iterable<String> candidates) {
		String key = name.getElement(index, Form.UNIFORM);
		for (String candidate : candidates) {
			if (candidate.replace("-", "").equals(key)) {
				return candidate;
			}
		}
		return null;
	}

	private static InvalidPolicyException unknown(ConfigurationPropertyName name, int index,
			Collection<String> candidates) {
		String shown = name.getElement(index, Form.ORIGINAL);
		return new InvalidPolicyException(name.chop(index) + "." + shown, new IllegalArgumentException(
				"there is no such key; nearest: " + PolicyRegistry.nearest(shown, candidates)));
	}

	private void add(Class<?> type, ConfigurationPropertyName prefix) {
		if (ROOT.isAncestorOf(prefix)) {
			String group = "";
			for (int index = 1; index < prefix.getNumberOfElements(); index++) {
				String key = prefix.getElement(index, Form.DASHED);
				below(group).add(key);
				group += "." + key;
			}
			below(group).addAll(keys(type));
		}
		else if (ROOT.equals(prefix) && type.isRecord()) {
			for (RecordComponent component : type.getRecordComponents()) {
				String key = dashed(component.getName());
				below("").add(key);
				below("." + key).addAll(keys(component.getType()));
			}
		}
	}

	private Set<String> below(String group) {
		return this.known.computeIfAbsent(group, (absent) -> new TreeSet<>());
	}

	/**
	 * The keys that bind to a record, or none for another type.
	 */
	static List<String> keys(Class<?> type) {
		return type.isRecord()
				? Arrays.stream(type.getRecordComponents()).map((component) -> dashed(component.getName())).toList()
				: List.of();
	}

	/**
	 * The settings that bind to a record, those in groups by their whole key.
	 */
	static List<String> settings(Class<?> type) {
		List<String> settings = new ArrayList<>();
		for (RecordComponent component : type.getRecordComponents()) {
			String key = dashed(component.getName());
			if (component.getType().isRecord()) {
				settings(component.getType()).forEach((setting) -> settings.add(key + "." + setting));
			}
			else {
				settings.add(key);
			}
		}
		return settings;
	}

	/**
	 * Tells of a property that binds to no setting.
	 * @param settings the record that is bound
	 * @param target where it is bound
	 * @param property the property
	 */
	static InvalidPolicyException unknown(Class<?> settings, ConfigurationPropertyName target,
			ConfigurationProperty property) {
		String key = property.getName().subName(target.getNumberOfElements()).toString();
		List<String> known = ConfigurationKeys.settings(settings);
		List<String> nearest = PolicyRegistry.nearest(key, known);
		int dot = key.lastIndexOf('.');
		boolean grouped = known.stream().anyMatch((each) -> each.startsWith(key.substring(0, key.indexOf('.') + 1)));
		String dotted = (dot < 0 || grouped) ? "" : "; a name with dots is written '["
				+ target.getLastElement(Form.ORIGINAL) + "." + key.substring(0, dot) + "]'";
		IllegalArgumentException violation = Setting.of(key, String.valueOf(property.getValue()))
			.violation("there is no such setting", "nearest: " + String.join(", ", nearest) + dotted);
		return new InvalidPolicyException(target.toString(), violation,
				"Correct or remove the key. It comes from " + property.getOrigin() + ".");
	}

	static String dashed(String camelCase) {
		return camelCase.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

}
