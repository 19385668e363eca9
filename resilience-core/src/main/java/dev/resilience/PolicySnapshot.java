package dev.resilience;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * How a policy stands: plain data, fit for any JSON mapper, and all that metrics, health
 * and endpoints need to know of a pattern. Immutable.
 *
 * @param type the policy's type
 * @param name the policy's name
 * @param state the state, one of {@code states}
 * @param states every state that the pattern knows
 * @param health the verdict on it
 * @param calls counts by outcome, zeros included
 * @param rejections counts by reason, zeros included
 * @param transitions counts by {@code FROM->TO}, only those that happened
 * @param gauges figures of the pattern that go up and down
 * @param details whatever else explains the state; values are strings, numbers, booleans,
 * lists and maps of such, durations or instants
 * @param config the effective configuration by property name, of the same kinds
 */
public record PolicySnapshot(String type, String name, String state, List<String> states, Health health,
		Map<String, Long> calls, Map<String, Long> rejections, Map<String, Long> transitions,
		Map<String, Double> gauges, Map<String, Object> details, Map<String, Object> config) {

	/**
	 * Begins the snapshot of a policy.
	 * @param policy the policy
	 * @param state its state
	 * @param states every state that the pattern knows
	 * @return a builder
	 */
	public static Builder of(Policy policy, String state, List<String> states) {
		return new Builder(policy, state, states);
	}

	/**
	 * Verdicts on a policy, best first.
	 */
	public enum Health {

		/** All as it should be. */
		UP,

		/** Some calls are turned away. */
		DEGRADED,

		/** Everything is stopped. */
		OUT_OF_SERVICE

	}

	/**
	 * Builds a snapshot. Not thread-safe.
	 */
	public static final class Builder {

		private final Policy policy;

		private final String state;

		private final List<String> states;

		private Health health = Health.UP;

		private Map<String, Long> calls = Map.of();

		private Map<String, Long> rejections = Map.of();

		private Map<String, Long> transitions = Map.of();

		private final Map<String, Double> gauges = new LinkedHashMap<>();

		private final Map<String, Object> details = new LinkedHashMap<>();

		private final Map<String, Object> config = new LinkedHashMap<>();

		private Builder(Policy policy, String state, List<String> states) {
			this.policy = policy;
			this.state = state;
			this.states = states;
		}

		/**
		 * Sets the verdict; {@link Health#UP} unless set, and for a gate in shadow mode
		 * in any case.
		 * @param health the verdict
		 * @return this builder
		 */
		public Builder health(Health health) {
			this.health = health;
			return this;
		}

		/**
		 * Sets the counts by outcome.
		 * @param calls the counts
		 * @return this builder
		 */
		public Builder calls(Map<String, Long> calls) {
			this.calls = this.policy.baseline().calls(calls);
			return this;
		}

		/**
		 * Sets the rejections by reason.
		 * @param rejections the counts
		 * @return this builder
		 */
		public Builder rejections(Map<String, Long> rejections) {
			this.rejections = this.policy.baseline().rejections(rejections);
			return this;
		}

		/**
		 * Sets the transitions.
		 * @param transitions counts by {@code FROM->TO}
		 * @return this builder
		 */
		public Builder transitions(Map<String, Long> transitions) {
			this.transitions = this.policy.baseline().transitions(transitions);
			return this;
		}

		/**
		 * Adds a figure that goes up and down.
		 * @param name its name
		 * @param value its value
		 * @return this builder
		 */
		public Builder gauge(String name, double value) {
			this.gauges.put(name, value);
			return this;
		}

		/**
		 * Adds a gauge that tells how many calls went well, as a fraction of all that the
		 * counters know: 1 if there are none. The counters are to be set before.
		 * @param name its name
		 * @param good the outcomes that are well
		 * @param bad the outcomes, or reasons of rejections, that are not
		 * @return this builder
		 */
		public Builder rate(String name, Collection<String> good, Collection<String> bad) {
			long well = sum(this.calls, good);
			long all = well + sum(this.calls, bad) + sum(this.rejections, bad);
			return gauge(name, (all > 0) ? (double) well / all : 1);
		}

		private static long sum(Map<String, Long> counts, Collection<String> names) {
			return names.stream().mapToLong((name) -> counts.getOrDefault(name, 0L)).sum();
		}

		/**
		 * Adds a detail.
		 * @param name its name
		 * @param value its value; {@code null} leaves it out
		 * @return this builder
		 */
		public Builder detail(String name, @Nullable Object value) {
			if (value != null) {
				this.details.put(name, value);
			}
			return this;
		}

		/**
		 * Adds a setting of the effective configuration.
		 * @param property its name, as in the configuration
		 * @param value its value; {@code null} leaves it out
		 * @return this builder
		 */
		public Builder config(String property, @Nullable Object value) {
			if (value != null) {
				this.config.put(property, value);
			}
			return this;
		}

		/**
		 * Builds the snapshot.
		 * @return the snapshot
		 */
		public PolicySnapshot build() {
			boolean shadow = this.policy instanceof Gate gate && !gate.enforces();
			return new PolicySnapshot(this.policy.type(), this.policy.name(), this.state, this.states,
					shadow ? Health.UP : this.health, this.calls, this.rejections, this.transitions, this.gauges,
					this.details, this.config);
		}

	}

}
