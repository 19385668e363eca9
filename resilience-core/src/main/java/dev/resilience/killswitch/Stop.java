package dev.resilience.killswitch;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * An activation that stands: which switch it stops, since when and until when. Immutable.
 *
 * @param switchName the switch
 * @param activation the order
 * @param activatedAt since when the switch has been active without a break on account of
 * the order's cause
 * @param expiresAt when it ends by itself, by the wall clock and not before the same time
 * has passed by the ticker, or {@code null} if only a release ends it
 */
public record Stop(String switchName, Activation activation, Instant activatedAt, @Nullable Instant expiresAt) {

	/**
	 * The stop in a sentence: what, since when, why, who, until when.
	 */
	String explain() {
		return begin() + ": " + this.activation.reason() + " (by " + by() + ")" + until();
	}

	/**
	 * The stop in a sentence, without who and why.
	 */
	String explainToCaller() {
		return begin() + until();
	}

	private String begin() {
		return "kill switch '" + this.switchName + "' is active since " + this.activatedAt;
	}

	private String until() {
		return (this.expiresAt != null) ? "; until " + this.expiresAt : "";
	}

	/**
	 * The stop as plain data.
	 */
	Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("switch", this.switchName);
		details.put("cause", this.activation.cause().value());
		details.put("reason", this.activation.reason());
		details.put("actor", this.activation.actor());
		details.put("activatedAt", this.activatedAt);
		if (this.activation.ticket() != null) {
			details.put("ticket", this.activation.ticket());
		}
		if (this.expiresAt != null) {
			details.put("expiresAt", this.expiresAt);
		}
		return details;
	}

	private String by() {
		String cause = this.activation.cause().isAutomatic() ? ", " + this.activation.cause() : "";
		String ticket = (this.activation.ticket() != null) ? ", ticket " + this.activation.ticket() : "";
		return this.activation.actor() + cause + ticket;
	}

}
