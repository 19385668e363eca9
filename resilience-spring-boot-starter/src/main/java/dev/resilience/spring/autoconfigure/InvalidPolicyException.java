package dev.resilience.spring.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Settings break a rule. Thrown at start-up.
 */
class InvalidPolicyException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String remedy;

	InvalidPolicyException(String prefix, IllegalArgumentException cause, @Nullable Map<String, String> origins) {
		super(prefix + ": " + cause.getMessage(), cause);
		this.remedy = (origins != null) ? "Correct the value. The policy's values come from " + origins + "."
				: "Correct or remove the key.";
	}

	String remedy() {
		return this.remedy;
	}

}
