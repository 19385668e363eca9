package dev.resilience.circuitbreaker;

import java.time.Duration;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * The latest calls that a breaker looks back on, and the shares of failed and of slow
 * ones among them that open it. Immutable.
 * <p>
 * A share opens the breaker when it is at or above its threshold. Ignored calls are not
 * in the window. A slow call that failed is both.
 *
 * @param type what bounds the window
 * @param calls how many calls it holds, 1 to 1,000,000. Means nothing unless the type is
 * COUNT
 * @param duration how far it reaches back, 1 second to 1 day. Means nothing unless the
 * type is TIME. The window moves in steps of a 60th of it: it never counts an outcome
 * older than this, and may forget one up to a step earlier
 * @param minimumCalls how many calls it must hold before a share counts; never more than
 * {@code calls}. 20 by default
 * @param failureRateThreshold the share of failed calls that opens, in percent. 50 by
 * default
 * @param slowCallDuration a call that takes as long as this or longer is slow, or
 * {@code null} if none is: then calls are not measured
 * @param slowCallRateThreshold the share of slow calls that opens, in percent. 100 by
 * default
 */
public record SlidingWindow(Type type, int calls, Duration duration, int minimumCalls, double failureRateThreshold,
		@Nullable Duration slowCallDuration, double slowCallRateThreshold) {

	/**
	 * No window: the default.
	 */
	public static final SlidingWindow NONE = new Builder(Type.NONE).build();

	/**
	 * Checks the settings.
	 * @throws IllegalArgumentException when one breaks its rule; the message names
	 * property, value, rule and remedy
	 */
	public SlidingWindow {
		Setting.of("window.type", type);
		Setting.of("window.size", calls)
			.require(calls >= 1 && calls <= 1_000_000, "must be between 1 and 1000000",
					"set how many calls the window holds");
		Setting.of("window.size", duration)
			.require(duration.compareTo(Duration.ofSeconds(1)) >= 0 && duration.compareTo(Duration.ofDays(1)) <= 0,
					"must be between 1 second and 1 day", "set how far the window reaches back, such as 60s");
		Setting.of("minimum-calls", minimumCalls)
			.require(minimumCalls >= 1, "must be at least 1", "set how many calls a share must be of to count");
		requirePercentage("failure-rate-threshold", failureRateThreshold);
		requirePercentage("slow-call-rate-threshold", slowCallRateThreshold);
		if (slowCallDuration != null) {
			BreakerRules.requireDuration("slow-call-duration", slowCallDuration)
				.require(type != Type.NONE, "needs a window to take effect", "set window.type to count or time");
		}
	}

	private static void requirePercentage(String property, double value) {
		Setting.of(property, value)
			.require(value > 0 && value <= 100, "must be above 0 and at most 100", "set a percentage such as 50");
	}

	/**
	 * Begins a window over the latest calls.
	 * @param calls how many, 1 to 1,000,000
	 * @return a builder
	 */
	public static Builder ofCalls(int calls) {
		Builder builder = new Builder(Type.COUNT);
		builder.calls = calls;
		return builder;
	}

	/**
	 * Begins a window over the latest time.
	 * @param duration how far it reaches back, 1 second to 1 day
	 * @return a builder
	 */
	public static Builder ofTime(Duration duration) {
		Builder builder = new Builder(Type.TIME);
		builder.duration = duration;
		return builder;
	}

	/**
	 * Begins with these settings.
	 * @return a builder, to change what differs
	 */
	public Builder toBuilder() {
		Builder builder = new Builder(this.type);
		builder.calls = this.calls;
		builder.duration = this.duration;
		builder.minimumCalls = this.minimumCalls;
		builder.failureRateThreshold = this.failureRateThreshold;
		builder.slowCallDuration = this.slowCallDuration;
		builder.slowCallRateThreshold = this.slowCallRateThreshold;
		return builder;
	}

	/**
	 * More calls than the window can hold would never be there.
	 */
	int effectiveMinimum() {
		return (this.type == Type.COUNT) ? Math.min(this.minimumCalls, this.calls) : this.minimumCalls;
	}

	/**
	 * What bounds a window.
	 */
	public enum Type {

		/** There is no window. */
		NONE,

		/** The number of calls. */
		COUNT,

		/** The time since they ended. */
		TIME

	}

	/**
	 * Builds a window. Not thread-safe.
	 */
	public static final class Builder {

		private final Type type;

		private int calls = 100;

		private Duration duration = Duration.ofSeconds(60);

		private int minimumCalls = 20;

		private double failureRateThreshold = 50;

		private @Nullable Duration slowCallDuration;

		private double slowCallRateThreshold = 100;

		private Builder(Type type) {
			this.type = type;
		}

		/**
		 * Sets how many calls the window must hold before a share counts.
		 * @param minimumCalls the number, at least 1
		 * @return this builder
		 */
		public Builder minimumCalls(int minimumCalls) {
			this.minimumCalls = minimumCalls;
			return this;
		}

		/**
		 * Sets the share of failed calls that opens.
		 * @param percent the share, above 0 and at most 100
		 * @return this builder
		 */
		public Builder failureRateThreshold(double percent) {
			this.failureRateThreshold = percent;
			return this;
		}

		/**
		 * Sets from when on a call is slow.
		 * @param duration the duration, or {@code null} to leave calls unmeasured
		 * @return this builder
		 */
		public Builder slowCallDuration(@Nullable Duration duration) {
			this.slowCallDuration = duration;
			return this;
		}

		/**
		 * Sets the share of slow calls that opens.
		 * @param percent the share, above 0 and at most 100
		 * @return this builder
		 */
		public Builder slowCallRateThreshold(double percent) {
			this.slowCallRateThreshold = percent;
			return this;
		}

		/**
		 * Builds the window.
		 * @return the window
		 * @throws IllegalArgumentException when a setting breaks its rule
		 */
		public SlidingWindow build() {
			return new SlidingWindow(this.type, this.calls, this.duration, this.minimumCalls, this.failureRateThreshold,
					this.slowCallDuration, this.slowCallRateThreshold);
		}

	}

}
