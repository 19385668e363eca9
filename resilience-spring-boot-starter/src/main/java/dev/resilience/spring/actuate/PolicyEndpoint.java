package dev.resilience.spring.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Setting;
import dev.resilience.history.PolicyHistory;
import dev.resilience.spring.actuate.problem.EndpointProblems;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * What all endpoints over policies have in common: {@code GET} of all, {@code GET} of
 * one. A pattern's endpoint extends it and adds its orders as a write operation. What an
 * operation throws becomes an answer in {@link EndpointProblems}.
 *
 * @param <P> the policies' class
 */
public abstract class PolicyEndpoint<P extends Policy> {

	/**
	 * A setting that a message begins with: a policy calls it by its configuration's
	 * name.
	 */
	private static final Pattern KEBAB_FIELD = Pattern.compile("^'([a-z]+(?:-[a-z]+)+)'");

	private final PolicyRegistry<P> registry;

	private final PolicyOrigins origins;

	private @Nullable PolicyHistory history;

	/**
	 * Creates the endpoint.
	 * @param registry the policies
	 * @param origins where their values came from
	 */
	protected PolicyEndpoint(PolicyRegistry<P> registry, PolicyOrigins origins) {
		this.registry = registry;
		this.origins = origins;
	}

	/**
	 * Has the endpoint show what counters did lately.
	 * @param history knows it
	 */
	@Autowired(required = false)
	public final void setHistory(PolicyHistory history) {
		this.history = history;
	}

	/**
	 * Shows all policies in short.
	 * @return by name: state, health and counters
	 */
	@ReadOperation
	public Map<String, Object> all() {
		Map<String, Object> policies = new LinkedHashMap<>();
		this.registry.all().forEach((policy) -> policies.put(policy.name(), summary(policy.snapshot())));
		return Map.of(key(), policies);
	}

	/**
	 * Shows one policy in full.
	 * @param name its name
	 * @return state, counters, details, and the configuration with the origin of each
	 * value
	 */
	@ReadOperation
	public Map<String, Object> one(@Selector(match = Match.ALL_REMAINING) String[] name) {
		P policy = policy(name);
		Map<String, Object> view = describe(policy);
		addTo(view, policy);
		return view;
	}

	/**
	 * Adds to the answer to {@code GET} of one policy what only its pattern knows of.
	 * @param view the policy's description so far
	 * @param policy the policy
	 */
	protected void addTo(Map<String, Object> view, P policy) {
	}

	/**
	 * Refuses an order that names no policy.
	 * @return nothing
	 */
	@WriteOperation
	public Map<String, Object> orderWithoutName() {
		throw refused("An order is for one policy, whose name belongs into the path: POST .../{name}");
	}

	/**
	 * Looks a policy up.
	 * @param name its name, as the path's remaining segments
	 * @return the policy
	 * @throws PolicyRegistry.UnknownPolicyException when there is none
	 */
	protected final P policy(String[] name) {
		return this.registry.get(String.join("/", name));
	}

	/**
	 * Describes a policy in full, the answer to {@code GET} and {@code POST}.
	 * @param policy the policy
	 * @return its description
	 */
	protected final Map<String, Object> describe(Policy policy) {
		PolicySnapshot snapshot = policy.snapshot();
		Map<String, Object> view = new LinkedHashMap<>();
		view.put("name", snapshot.name());
		view.putAll(summary(snapshot));
		view.put("transitions", snapshot.transitions());
		view.put("details", plain(snapshot.details()));
		if (this.history != null) {
			this.history.recent(policy)
				.ifPresent((recent) -> view.put("recent",
						Map.of("seconds", camelKeys(recent.seconds()), "minutes", camelKeys(recent.minutes()))));
		}
		Map<String, Object> config = new LinkedHashMap<>();
		snapshot.config()
			.forEach((property, value) -> put(config, property, Map.of("value", plain(value), "origin",
					this.origins.origin(snapshot.type(), snapshot.name(), property))));
		view.put("config", config);
		return view;
	}

	/**
	 * Puts a value where its property's name says: one with a dot belongs into a group.
	 */
	@SuppressWarnings("unchecked")
	private static void put(Map<String, Object> group, String property, Object value) {
		int dot = property.indexOf('.');
		if (dot < 0) {
			group.put(camelCase(property), value);
			return;
		}
		Object inner = group.computeIfAbsent(camelCase(property.substring(0, dot)), (key) -> new LinkedHashMap<>());
		put((Map<String, Object>) inner, property.substring(dot + 1), value);
	}

	/**
	 * Refuses an order.
	 * @param action the order, or {@code null} for none
	 * @param known the orders that there are
	 * @return the exception to throw
	 */
	protected static InvalidEndpointRequestException unknownAction(@Nullable String action, String... known) {
		if (action == null) {
			return refused("'action' is missing: it must be one of " + List.of(known));
		}
		return refused("'action' is '" + EndpointProblems.shorten(action) + "' but must be one of " + List.of(known));
	}

	/**
	 * Refuses a field that an action does not know.
	 * @param field the field
	 * @param value its value, or {@code null} when it was not given
	 * @param action the action
	 */
	protected static void refuse(String field, @Nullable String value, String action) {
		if (value != null) {
			throw refused("'" + field + "' means nothing to '" + action + "': leave it out");
		}
	}

	/**
	 * Refuses an order: the caller is told why, with HTTP 400. No other exception is
	 * taken for the caller's fault.
	 * @param reason why, for the caller
	 * @return the exception to throw
	 */
	protected static InvalidEndpointRequestException refused(String reason) {
		return new InvalidEndpointRequestException(reason, reason);
	}

	/**
	 * Gives a policy an order whose arguments it checks itself.
	 * @param <T> what the policy answers
	 * @param order the order; an {@link IllegalArgumentException} refuses it
	 * @return what the policy answers
	 */
	protected static <T> T order(Supplier<T> order) {
		try {
			return order.get();
		}
		catch (IllegalArgumentException ex) {
			String reason = KEBAB_FIELD.matcher(String.valueOf(ex.getMessage()))
				.replaceFirst((field) -> "'" + camelCase(field.group(1)) + "'");
			throw new InvalidEndpointRequestException(reason, reason, ex);
		}
	}

	/**
	 * Requires a field of an order.
	 * @param field the field's name
	 * @param value its value
	 * @return the value
	 */
	protected static String required(String field, @Nullable String value) {
		if (value == null) {
			throw missing(field);
		}
		// How long it may be, the policy knows.
		return order(
				() -> Setting.line(field, value, Integer.MAX_VALUE, "give it in the JSON body, for whoever asks later"))
			.value();
	}

	/**
	 * Refuses an order that lacks fields.
	 * @param fields the fields' names
	 * @return the exception to throw
	 */
	protected static InvalidEndpointRequestException missing(String... fields) {
		boolean one = fields.length == 1;
		return refused("'" + String.join("' and '", fields)
				+ (one ? "' is missing: give it" : "' are missing: give them") + " in the JSON body");
	}

	/**
	 * What the answer calls the policies.
	 * @return the plural of their type, in camel case
	 */
	protected String key() {
		String type = this.registry.type();
		boolean plural = type.endsWith("s") || type.endsWith("y");
		return camelCase(plural ? type : type + (type.endsWith("ch") ? "es" : "s"));
	}

	private static Map<String, Object> summary(PolicySnapshot snapshot) {
		Map<String, Object> view = new LinkedHashMap<>();
		view.put("state", snapshot.state());
		view.put("health", snapshot.health().name());
		view.put("calls", camelKeys(snapshot.calls()));
		view.put("rejections", camelKeys(snapshot.rejections()));
		if (!snapshot.gauges().isEmpty()) {
			view.put("gauges", camelKeys(snapshot.gauges()));
		}
		return view;
	}

	private static Map<String, Object> camelKeys(Map<String, ?> values) {
		Map<String, Object> view = new LinkedHashMap<>();
		values.forEach((name, value) -> {
			// JSON has no NaN, which a figure is while nothing is known.
			if (!(value instanceof Double figure && figure.isNaN())) {
				view.put(camelCase(name), plain(value));
			}
		});
		return view;
	}

	private static Object plain(Object value) {
		if (value instanceof Map<?, ?> map) {
			Map<String, Object> view = new LinkedHashMap<>();
			map.forEach((name, entry) -> view.put(camelCase(String.valueOf(name)), plain(entry)));
			return view;
		}
		if (value instanceof Collection<?> list) {
			return list.stream().map(PolicyEndpoint::plain).toList();
		}
		if (value instanceof Class<?> type) {
			return type.getName();
		}
		boolean text = value instanceof Duration || value instanceof Instant || value instanceof Enum<?>;
		return text ? value.toString() : value;
	}

	private static String camelCase(String kebab) {
		String[] words = kebab.split("-", -1);
		StringBuilder name = new StringBuilder(words[0]);
		for (int index = 1; index < words.length; index++) {
			String word = words[index];
			name.append(word.substring(0, Math.min(1, word.length())).toUpperCase(Locale.ROOT))
				.append(word.substring(Math.min(1, word.length())));
		}
		return name.toString();
	}

}
