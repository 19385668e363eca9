package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

import dev.resilience.spring.actuate.DurationText;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.origin.Origin;

/**
 * Refuses properties that bind to nothing and durations without a unit, and notes where
 * those that do came from.
 */
final class OriginNoting extends NoUnboundElementsBindHandler {

	private final ConfigurationPropertyName target;

	private final Map<String, String> found;

	private final Map<String, ConfigurationProperty> durations = new LinkedHashMap<>();

	private final PlaceholdersResolver placeholders;

	OriginNoting(ConfigurationPropertyName target, Map<String, String> found, PlaceholdersResolver placeholders) {
		super(BindHandler.DEFAULT);
		this.target = target;
		this.found = found;
		this.placeholders = placeholders;
	}

	@Override
	public @Nullable Object onSuccess(ConfigurationPropertyName name, Bindable<?> bindable, BindContext context,
			Object result) {
		ConfigurationProperty property = context.getConfigurationProperty();
		if (property != null && this.target.isAncestorOf(name)) {
			String setting = setting(name);
			this.found.put(setting, describe(property));
			if (result instanceof Duration) {
				this.durations.put(setting, property);
			}
		}
		return super.onSuccess(name, bindable, context, result);
	}

	/**
	 * A setting's key below the policy's. That of a list's element is the list's.
	 */
	private String setting(ConfigurationPropertyName name) {
		StringJoiner key = new StringJoiner(".");
		for (int index = this.target.getNumberOfElements(); index < name.getNumberOfElements(); index++) {
			if (!name.isNumericIndex(index)) {
				key.add(name.getElement(index, Form.DASHED));
			}
		}
		return key.toString();
	}

	static String describe(ConfigurationProperty property) {
		Origin origin = property.getOrigin();
		return (origin != null) ? origin.toString() : "configuration";
	}

	/**
	 * To be called after the binding: the binder would wrap what is thrown during it.
	 */
	void requireUnits() {
		this.durations.forEach((setting, property) -> requireUnit(setting, property, this.placeholders));
	}

	static String requireUnit(String setting, ConfigurationProperty property, PlaceholdersResolver placeholders) {
		String text = String.valueOf(placeholders.resolvePlaceholders(property.getValue()));
		return DurationText.requireUnit(setting, text).value();
	}

}
