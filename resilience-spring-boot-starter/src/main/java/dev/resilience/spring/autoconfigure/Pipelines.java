package dev.resilience.spring.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import dev.resilience.Pipeline;
import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.PolicyRegistry.UnknownPolicyException;
import dev.resilience.config.Setting;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * The pipelines that the configuration describes. All are checked when the application
 * starts, those that nothing uses too. Thread-safe.
 */
final class Pipelines implements SmartInitializingSingleton {

	private static final String PREFIX = "resilience.pipelines";

	private final Map<String, List<String>> entries;

	private final ObjectProvider<ProtectionBinding<?>> bindings;

	Pipelines(Map<String, List<String>> entries, ObjectProvider<ProtectionBinding<?>> bindings) {
		this.entries = entries;
		this.bindings = bindings;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.entries.keySet().forEach(this::members);
	}

	/**
	 * Composes a pipeline, to be called by hand.
	 */
	Pipeline get(String name) {
		return Pipeline.of(members(name).stream().map(Member::policy).toArray(Policy[]::new));
	}

	Set<String> names() {
		return this.entries.keySet();
	}

	/**
	 * Finds the policies of a pipeline.
	 * @param name a known name
	 * @return the policies, outermost first
	 * @throws InvalidPolicyException when the configuration lists what there is not
	 */
	List<Member> members(String name) {
		List<String> listed = this.entries.getOrDefault(name, List.of());
		String key = PREFIX + "." + name;
		if (listed.isEmpty()) {
			throw new InvalidPolicyException(key,
					Setting.of(name, "").violation("must list policies", "name them in order, each type:name"));
		}
		Map<String, NamedPolicyBinding<?>> types = types();
		Set<Entry> seen = new LinkedHashSet<>();
		List<Member> members = new ArrayList<>();
		for (int index = 0; index < listed.size(); index++) {
			try {
				members.add(member(name + "[" + index + "]", listed.get(index), types, seen));
			}
			catch (UnknownPolicyException ex) {
				throw new InvalidPolicyException(key + "[" + index + "]", ex,
						"Correct the name, or configure a " + ex.type() + " named '" + ex.name() + "'.");
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidPolicyException(key, ex, "Correct the list.");
			}
		}
		return members;
	}

	private static Member member(String property, String text, Map<String, NamedPolicyBinding<?>> types,
			Set<Entry> seen) {
		Entry entry = Entry.of(text);
		Setting<String> setting = Setting.of(property, text)
			.require(!entry.type().isEmpty() && !entry.name().isEmpty(), "must have the form type:name",
					"types are " + String.join(", ", types.keySet()));
		NamedPolicyBinding<?> binding = types.get(entry.type());
		if (binding == null) {
			throw setting.violation("there is no such type for a pipeline",
					"nearest: " + String.join(", ", PolicyRegistry.nearest(entry.type(), types.keySet())));
		}
		Policy policy = binding.registry().get(entry.name());
		setting.require(seen.add(entry), "stands in the list already", "keep one of the two");
		return new Member(binding, policy);
	}

	/**
	 * By type, what binds policies by their names. Asked late, as this class serves a
	 * binding itself.
	 */
	private Map<String, NamedPolicyBinding<?>> types() {
		Map<String, NamedPolicyBinding<?>> types = new TreeMap<>();
		this.bindings.stream().forEach((binding) -> {
			if (binding instanceof NamedPolicyBinding<?> named) {
				types.put(named.registry().type(), named);
			}
		});
		return types;
	}

	/**
	 * A policy of a pipeline, and who binds it to methods.
	 */
	record Member(NamedPolicyBinding<?> binding, Policy policy) {
	}

	/**
	 * What a pipeline lists.
	 *
	 * @param type the policy's type
	 * @param name the policy's name, or empty
	 */
	record Entry(String type, String name) {

		static Entry of(String text) {
			int colon = text.indexOf(':');
			return (colon < 0) ? new Entry(text.trim(), "")
					: new Entry(text.substring(0, colon).trim(), text.substring(colon + 1).trim());
		}

		@Override
		public String toString() {
			return this.type + ":" + this.name;
		}

	}

}
