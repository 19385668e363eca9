package dev.resilience;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.resilience.config.Setting;

/**
 * The policies of one type, by name. Thread-safe; reading takes no lock. It holds at most
 * {@value #MAX_POLICIES} policies: a name is part of the configuration, what varies with
 * the call is a key.
 *
 * @param <P> the policies' class
 */
public final class PolicyRegistry<P extends Policy> {

	/**
	 * The most policies that a registry holds.
	 */
	public static final int MAX_POLICIES = 10_000;

	private final String type;

	private final Map<String, P> policies = new ConcurrentSkipListMap<>();

	private final List<Observer<P>> observers = new ArrayList<>();

	private final List<Subscription> subscriptions = new ArrayList<>();

	/**
	 * Creates an empty registry.
	 * @param type the policies' type
	 */
	public PolicyRegistry(String type) {
		this.type = type;
	}

	/**
	 * The type of the policies.
	 * @return the type
	 */
	public String type() {
		return this.type;
	}

	/**
	 * Looks a policy up.
	 * @param name its name
	 * @return the policy, if there is one
	 */
	public Optional<P> find(String name) {
		return Optional.ofNullable(this.policies.get(name));
	}

	/**
	 * Looks up a policy that has to be there.
	 * @param name its name
	 * @return the policy
	 * @throws UnknownPolicyException when there is none; it names the nearest
	 */
	public P get(String name) {
		P policy = this.policies.get(name);
		if (policy == null) {
			throw new UnknownPolicyException(this.type, name, nearest(name, this.policies.keySet()));
		}
		return policy;
	}

	/**
	 * Looks a policy up, or adds it.
	 * @param name its name
	 * @param factory makes it; called at most once, while the registry is locked
	 * @return the policy
	 */
	public P getOrCreate(String name, Function<String, ? extends P> factory) {
		P policy = this.policies.get(name);
		if (policy != null) {
			return policy;
		}
		synchronized (this.observers) {
			policy = this.policies.get(name);
			return (policy != null) ? policy : register(factory.apply(name));
		}
	}

	/**
	 * Adds a policy.
	 * @param <Q> the policy's class
	 * @param policy the policy
	 * @return the policy
	 * @throws IllegalArgumentException when the name is taken
	 * @throws IllegalStateException when the registry is full
	 */
	public <Q extends P> Q register(Q policy) {
		synchronized (this.observers) {
			if (this.policies.size() >= MAX_POLICIES) {
				throw new IllegalStateException("There are " + MAX_POLICIES + " policies of type '" + this.type
						+ "' already: use one policy with keys instead of names that vary");
			}
			Setting.of("name", policy.name())
				.require(!this.policies.containsKey(policy.name()), "must be unique among type '" + this.type + "'",
						"choose another name");
			this.subscriptions.forEach(policy.subscriptions()::add);
			this.policies.put(policy.name(), policy);
			this.observers.forEach((observer) -> observer.added().accept(policy));
		}
		return policy;
	}

	/**
	 * Removes a policy. Calls that already hold it go on with it, unheard by the
	 * registry's listeners.
	 * @param name its name
	 * @return whether there was one
	 */
	public boolean remove(String name) {
		synchronized (this.observers) {
			P policy = this.policies.remove(name);
			if (policy != null) {
				this.subscriptions.forEach(policy.subscriptions()::remove);
				this.observers.forEach((observer) -> observer.removed().accept(policy));
			}
			return policy != null;
		}
	}

	/**
	 * All policies, by name.
	 * @return a copy
	 */
	public List<P> all() {
		return List.copyOf(this.policies.values());
	}

	/**
	 * Adds a listener to all policies, present and future. It has one queue for all of
	 * them; see {@link Policy#addListener(PolicyListener)}.
	 * @param listener the listener
	 */
	public void addListener(PolicyListener listener) {
		Subscription subscription = new Subscription(listener);
		synchronized (this.observers) {
			this.subscriptions.add(subscription);
			this.policies.values().forEach((policy) -> policy.subscriptions().add(subscription));
		}
	}

	/**
	 * Follows which policies there are.
	 * @param added called for each policy, present and future
	 * @param removed called for each policy that is removed
	 */
	public void observe(Consumer<? super P> added, Consumer<? super P> removed) {
		synchronized (this.observers) {
			this.observers.add(new Observer<>(added, removed));
			this.policies.values().forEach(added);
		}
	}

	/**
	 * The names most like one that is unknown.
	 * @param name the unknown name
	 * @param known the known names
	 * @return at most five names, nearest first
	 */
	public static List<String> nearest(String name, Collection<String> known) {
		String shown = (name.length() <= 100) ? name : name.substring(0, 100);
		return known.stream()
			.map((candidate) -> new Candidate(candidate, distance(shown, candidate)))
			.sorted(Comparator.comparingInt(Candidate::distance))
			.limit(5)
			.map(Candidate::name)
			.toList();
	}

	/**
	 * Levenshtein's edit distance, two rows at a time.
	 */
	private static int distance(String left, String right) {
		int[] previous = new int[right.length() + 1];
		int[] current = new int[right.length() + 1];
		for (int column = 0; column <= right.length(); column++) {
			previous[column] = column;
		}
		for (int row = 1; row <= left.length(); row++) {
			current[0] = row;
			for (int column = 1; column <= right.length(); column++) {
				int replaced = previous[column - 1] + ((left.charAt(row - 1) == right.charAt(column - 1)) ? 0 : 1);
				current[column] = Math.min(replaced, 1 + Math.min(previous[column], current[column - 1]));
			}
			int[] swap = previous;
			previous = current;
			current = swap;
		}
		return previous[right.length()];
	}

	private record Candidate(String name, int distance) {
	}

	private record Observer<P>(Consumer<? super P> added, Consumer<? super P> removed) {
	}

	/**
	 * A name that no policy has.
	 */
	public static final class UnknownPolicyException extends IllegalArgumentException {

		private static final long serialVersionUID = 1L;

		private final String type;

		private final String name;

		private final ArrayList<String> nearest;

		UnknownPolicyException(String type, String name, List<String> nearest) {
			super(message(type, name, nearest));
			this.type = type;
			this.name = name;
			this.nearest = new ArrayList<>(nearest);
		}

		/**
		 * The type that was searched.
		 * @return the policies' type
		 */
		public String type() {
			return this.type;
		}

		/**
		 * The name that was asked for.
		 * @return the unknown name
		 */
		public String name() {
			return this.name;
		}

		/**
		 * The known names most like it.
		 * @return at most five names, nearest first
		 */
		public List<String> nearest() {
			return List.copyOf(this.nearest);
		}

		private static String message(String type, String name, List<String> nearest) {
			String shown = (name.length() <= 100) ? name : name.substring(0, 100) + "...";
			return "There is no " + type + " named '" + shown + "'. "
					+ (nearest.isEmpty() ? "None is configured." : "Nearest: " + String.join(", ", nearest) + ".");
		}

	}

}
