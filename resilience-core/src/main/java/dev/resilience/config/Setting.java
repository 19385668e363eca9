package dev.resilience.config;

import java.util.Objects;

/**
 * One setting of a policy's configuration, to be checked.
 *
 * @param <T> the setting's type
 * @param property its name, as in the configuration
 * @param value its value
 */
public record Setting<T>(String property, T value) {

	/**
	 * Names a setting.
	 * @param <T> the setting's type
	 * @param property its name, as in the configuration
	 * @param value its value
	 * @return the setting
	 */
	public static <T> Setting<T> of(String property, T value) {
		return new Setting<>(property, Objects.requireNonNull(value, property));
	}

	/**
	 * Names and checks what a person wrote on one line: a reason or a name, say.
	 * @param property its name
	 * @param text the text
	 * @param longest the most characters it may have
	 * @param remedy what to do instead of leaving it blank
	 * @return the setting
	 * @throws IllegalArgumentException when it is blank, too long or several lines
	 */
	public static Setting<String> line(String property, String text, int longest, String remedy) {
		// Control characters could forge lines in logs and audit trails.
		return of(property, text).require(!text.isBlank(), "must not be blank", remedy)
			.require(text.length() <= longest, "must have at most " + longest + " characters", "shorten it")
			.require(!text.matches("(?s).*[\\p{Cc}\\p{Zl}\\p{Zp}].*"), "must be one line of plain text",
					"remove the control characters");
	}

	/**
	 * Checks a rule.
	 * @param valid whether the value obeys it
	 * @param rule the rule, to follow the value: {@code must be ...}
	 * @param remedy what to do instead
	 * @return this setting
	 * @throws IllegalArgumentException when the value breaks the rule
	 */
	public Setting<T> require(boolean valid, String rule, String remedy) {
		if (!valid) {
			throw violation(rule, remedy);
		}
		return this;
	}

	/**
	 * Tells that the value breaks a rule.
	 * @param rule the rule, to follow the value: {@code must be ...}
	 * @param remedy what to do instead
	 * @return the exception, whose message names property, value, rule and remedy
	 */
	public IllegalArgumentException violation(String rule, String remedy) {
		String text = String.valueOf(this.value);
		String shown = "' is '" + ((text.length() <= 100) ? text : text.substring(0, 100) + "...");
		return new IllegalArgumentException("'" + this.property + shown + "' but " + rule + ": " + remedy);
	}

}
