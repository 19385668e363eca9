package dev.resilience.killswitch;

import java.time.Duration;
import java.time.Instant;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * The order to activate a switch: who gives it, why, and for how long. Immutable.
 *
 * @param cause on whose account; {@link Cause#PERSON} unless set
 * @param reason why; required, at most {@value #MAX_REASON} characters
 * @param actor who, a person's or a program's name; required, at most {@value #MAX_ACTOR}
 * characters
 * @param ticket where the incident is tracked, at most {@value #MAX_ACTOR} characters
 * @param expiresIn after how long the order ends by itself, at most a year
 * @param expiresAt when it ends by itself, instead of {@code expiresIn}; with neither it
 * stands until it is released
 */
public record Activation(Cause cause, String reason, String actor, @Nullable String ticket,
		@Nullable Duration expiresIn, @Nullable Instant expiresAt) {

	private static final int MAX_REASON = 500;

	private static final int MAX_ACTOR = 200;

	private static final Duration LONGEST = Duration.ofDays(365);

	/**
	 * Creates an order.
	 * @throws IllegalArgumentException when a part is missing or out of range; the
	 * message says which
	 */
	public Activation {
		Setting.of("cause", cause);
		requireReason(reason);
		requireActor(actor);
		if (ticket != null) {
			Setting.line("ticket", ticket, MAX_ACTOR, "name it, as in 'INC-4711', or leave it out");
		}
		if (expiresIn != null) {
			Setting.of("expires-in", expiresIn)
				.require(!expiresIn.isNegative() && !expiresIn.isZero() && expiresIn.compareTo(LONGEST) <= 0,
						"must be positive and at most a year", "leave it out to stop calls until released")
				.require(expiresAt == null, "must not stand beside 'expires-at'", "leave one of them out");
		}
	}

	/**
	 * Begins an order.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	static void requireReason(String reason) {
		Setting.line("reason", reason, MAX_REASON, "say why, for those who are called at night");
	}

	static void requireActor(String actor) {
		Setting.line("actor", actor, MAX_ACTOR, "say who gives the order");
	}

	/**
	 * Resolves the expiry, which has to lie in the future.
	 */
	@Nullable Instant expiryFrom(Instant now) {
		if (this.expiresIn != null) {
			return now.plus(this.expiresIn);
		}
		if (this.expiresAt != null) {
			Setting.of("expires-at", this.expiresAt)
				.require(this.expiresAt.isAfter(now), "must be in the future (it is " + now + ")",
						"give a later time, or leave it out to stop calls until released");
		}
		return this.expiresAt;
	}

	/**
	 * Builds an order. Not thread-safe.
	 */
	public static final class Builder {

		private Cause cause = Cause.PERSON;

		private String reason = "";

		private String actor = "";

		private @Nullable String ticket;

		private @Nullable Duration expiresIn;

		private @Nullable Instant expiresAt;

		private Builder() {
		}

		/**
		 * Sets on whose account the switch is to be active; a person's unless set.
		 * @param cause the cause
		 * @return this builder
		 */
		public Builder cause(Cause cause) {
			this.cause = cause;
			return this;
		}

		/**
		 * Sets why. Required.
		 * @param reason the reason
		 * @return this builder
		 */
		public Builder reason(String reason) {
			this.reason = reason;
			return this;
		}

		/**
		 * Sets who gives the order. Required.
		 * @param actor a person's or a program's name
		 * @return this builder
		 */
		public Builder actor(String actor) {
			this.actor = actor;
			return this;
		}

		/**
		 * Sets where the incident is tracked.
		 * @param ticket the ticket, or {@code null} for none
		 * @return this builder
		 */
		public Builder ticket(@Nullable String ticket) {
			this.ticket = ticket;
			return this;
		}

		/**
		 * Sets after how long the order ends by itself.
		 * @param expiresIn the time from the activation on, or {@code null} for never
		 * @return this builder
		 */
		public Builder expiresIn(@Nullable Duration expiresIn) {
			this.expiresIn = expiresIn;
			return this;
		}

		/**
		 * Sets when the order ends by itself.
		 * @param expiresAt the time, or {@code null} for never
		 * @return this builder
		 */
		public Builder expiresAt(@Nullable Instant expiresAt) {
			this.expiresAt = expiresAt;
			return this;
		}

		/**
		 * Builds the order.
		 * @return the order
		 * @throws IllegalArgumentException when reason or actor is missing, or a part is
		 * out of range
		 */
		public Activation build() {
			return new Activation(this.cause, this.reason, this.actor, this.ticket, this.expiresIn, this.expiresAt);
		}

	}

}
