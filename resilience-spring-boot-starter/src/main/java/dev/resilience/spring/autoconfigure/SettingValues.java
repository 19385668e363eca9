package dev.resilience.spring.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;

/**
 * What stands at the settings of a policy before they are bound. A component of the bound
 * record that is a record itself is a group of settings, as {@code budget} is in
 * {@code budget.ratio}.
 */
final class SettingValues {

	private final Collection<? extends ConfigurationPropertySource> sources;

	private final PlaceholdersResolver placeholders;

	SettingValues(Collection<? extends ConfigurationPropertySource> sources, PlaceholdersResolver placeholders) {
		this.sources = sources;
		this.placeholders = placeholders;
	}

	/**
	 * Refuses settings without a value, which would be passed over in silence, and values
	 * where a group belongs. A list may be empty.
	 * @param settings the record that is bound
	 * @param target where it is bound
	 */
	void require(Class<?> settings, ConfigurationPropertyName target) {
		require(settings, target, "");
	}

	private void require(Class<?> settings, ConfigurationPropertyName target, String group) {
		for (RecordComponent component : settings.getRecordComponents()) {
			String setting = ConfigurationKeys.dashed(component.getName());
			ConfigurationPropertyName name = target.append(setting);
			Class<?> type = component.getType();
			ConfigurationProperty property = find(name);
			if (type.isRecord()) {
				requireGroup(name, property, "settings");
				require(type, name, group + setting + ".");
			}
			else if (property != null && type != List.class) {
				String value = String.valueOf(this.placeholders.resolvePlaceholders(property.getValue()));
				Setting.of(group + setting, value)
					.require(!value.isBlank(), "must have a value, such as " + example(type),
							"give it one, or leave it out");
			}
		}
	}

	private @Nullable ConfigurationProperty find(ConfigurationPropertyName name) {
		return this.sources.stream()
			.map((source) -> source.getConfigurationProperty(name))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private static String example(Class<?> type) {
		return (type == Duration.class) ? "60s" : (type == String.class) ? "a name" : "10";
	}

	/**
	 * Refuses a value where a group belongs. An empty group has the value of an empty
	 * text.
	 * @param target where the group belongs
	 * @param property what stands there, if anything does
	 * @param group what the group is of
	 */
	static void requireGroup(ConfigurationPropertyName target, @Nullable ConfigurationProperty property, String group) {
		if (property != null) {
			String value = String.valueOf(property.getValue());
			Setting.of(target.getLastElement(Form.ORIGINAL), value)
				.require(value.isBlank(), "must be a group of " + group, "write them below it, or remove it");
		}
	}

	/**
	 * Where a record's groups of settings stand. An empty one's own text binds to
	 * nothing.
	 */
	static Set<ConfigurationPropertyName> groups(Class<?> settings, ConfigurationPropertyName target) {
		Set<ConfigurationPropertyName> groups = new LinkedHashSet<>();
		for (RecordComponent component : settings.getRecordComponents()) {
			if (component.getType().isRecord()) {
				ConfigurationPropertyName name = target.append(ConfigurationKeys.dashed(component.getName()));
				groups.add(name);
				groups.addAll(groups(component.getType(), name));
			}
		}
		return groups;
	}

}
