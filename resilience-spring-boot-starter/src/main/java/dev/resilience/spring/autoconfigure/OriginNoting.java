package dev.resilience.spring.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.origin.Origin;

/**
 * Refuses properties that bind to nothing, and notes where those that do came from.
 */
final class OriginNoting extends NoUnboundElementsBindHandler {

	private final ConfigurationPropertyName target;

	private final Map<String, String> found;

	OriginNoting(ConfigurationPropertyName target, Map<String, String> found) {
		super(BindHandler.DEFAULT);
		this.target = target;
		this.found = found;
	}

	@Override
	public @Nullable Object onSuccess(ConfigurationPropertyName name, Bindable<?> bindable, BindContext context,
			Object result) {
		ConfigurationProperty property = context.getConfigurationProperty();
		if (property != null && this.target.isAncestorOf(name)) {
			String setting = name.getElement(this.target.getNumberOfElements(), Form.DASHED);
			this.found.put(setting, describe(property));
		}
		return super.onSuccess(name, bindable, context, result);
	}

	static String describe(ConfigurationProperty property) {
		Origin origin = property.getOrigin();
		return (origin != null) ? origin.toString() : "configuration";
	}

}
