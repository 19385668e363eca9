package dev.resilience.killswitch;

import java.util.regex.Pattern;

import dev.resilience.config.Setting;

/**
 * On whose account a switch is active: a person's, or that of one automatic source. A
 * switch stays active until every cause is gone, and each clears by itself, so automation
 * that releases its own cause never releases a person's. Immutable.
 *
 * @param value {@code person}, or {@code automatic:} and the source
 */
public record Cause(String value) {

	private static final Pattern FORM = Pattern.compile("person|automatic:[A-Za-z0-9._-]{1,100}");

	/**
	 * A person's decision.
	 */
	public static final Cause PERSON = new Cause("person");

	/**
	 * Creates a cause from its text.
	 * @throws IllegalArgumentException when the text has another form
	 */
	public Cause {
		Setting.of("cause", value)
			.require(FORM.matcher(value).matches(),
					"must be 'person', or 'automatic:' and 1 to 100 letters, digits, '.', '-' or '_'",
					"name the source, as in 'automatic:error-budget'");
	}

	/**
	 * The decision of a program.
	 * @param source which program, or which of its rules
	 * @return the cause
	 * @throws IllegalArgumentException when the source is no word of at most 100
	 * characters
	 */
	public static Cause automatic(String source) {
		return new Cause("automatic:" + source);
	}

	/**
	 * Whether a program decided.
	 * @return {@code false} for a person's cause
	 */
	public boolean isAutomatic() {
		return !equals(PERSON);
	}

	@Override
	public String toString() {
		return this.value;
	}

}
