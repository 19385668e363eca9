package dev.resilience.spring.autoconfigure;

import java.util.Map;
import java.util.TreeMap;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Which policies the configuration describes, and where. An environment variable cannot
 * spell a name such as {@code payment-api}: what it sets belongs to the policy that
 * another source spells, if there is one.
 */
final class PolicyNames {

	private PolicyNames() {
	}

	/**
	 * Finds the policies of a kind.
	 * @return by name, where the policy's properties stand
	 */
	static Map<String, ConfigurationPropertyName> configured(ConfigurableEnvironment environment, String prefix) {
		ConfigurationPropertyName root = ConfigurationPropertyName.of(prefix);
		Map<String, ConfigurationPropertyName> spelt = new TreeMap<>();
		Map<String, ConfigurationPropertyName> upperCase = new TreeMap<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			boolean variables = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
			if (source instanceof IterableConfigurationPropertySource iterable) {
				iterable.stream()
					.filter(root::isAncestorOf)
					.map((name) -> name.chop(root.getNumberOfElements() + 1))
					.forEach((name) -> (variables ? upperCase : spelt).putIfAbsent(name.getLastElement(Form.ORIGINAL),
							name));
			}
		}
		upperCase.values().removeAll(spelt.values());
		upperCase.forEach(spelt::putIfAbsent);
		return spelt;
	}

	/**
	 * Where the properties of a policy stand that the configuration may or may not
	 * describe.
	 */
	static ConfigurationPropertyName target(String prefix, String name) {
		ConfigurationPropertyName root = ConfigurationPropertyName.of(prefix);
		return ConfigurationPropertyName.isValid(name) && !name.contains(".") ? root.append(name)
				: root.append("[" + name + "]");
	}

}
