package dev.resilience.spring.autoconfigure;

import java.util.Map;

/**
 * Settings break a rule. Thrown at start-up.
 */
class InvalidPolicyException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String remedy;

	InvalidPolicyException(String prefix, IllegalArgumentException cause) {
		this(prefix, cause, "Correct or remove the key.");
	}

	InvalidPolicyException(String prefix, IllegalArgumentException cause, Map<String, String> origins) {
		this(prefix, cause,
				"Correct the value." + (origins.isEmpty() ? "" : " The policy's values come from " + origins + "."));
	}

	InvalidPolicyException(String prefix, IllegalArgumentException cause, String remedy) {
		super(prefix + ": " + cause.getMessage(), cause);
		this.remedy = remedy;
	}

	String remedy() {
		return this.remedy;
	}

}
