package dev.resilience.spring.actuate;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;

import dev.resilience.config.Setting;

import org.springframework.boot.convert.DurationStyle;

/**
 * Durations as people write them: {@code 30m}, {@code 8h} or {@code PT8H}.
 */
public final class DurationText {

	private static final Pattern BARE_NUMBER = Pattern.compile("[-+]?0*[1-9][0-9]*");

	private DurationText() {
	}

	/**
	 * Refuses no text at all, and a bare number, which would be read as milliseconds;
	 * zero needs no unit.
	 * @param property whose value the text is
	 * @param text the text
	 * @return the text as a setting
	 * @throws IllegalArgumentException when it has no unit
	 */
	public static Setting<String> requireUnit(String property, String text) {
		String trimmed = text.trim();
		return Setting.of(property, trimmed)
			.require(!trimmed.isEmpty(), "must have a value, such as 60s", "give it one, or leave it out")
			.require(!BARE_NUMBER.matcher(trimmed).matches(), "must have a unit",
					"write " + trimmed + "s or " + trimmed + "ms");
	}

	/**
	 * Reads a duration.
	 * @param property whose value the text is
	 * @param text the text
	 * @return the duration
	 * @throws IllegalArgumentException when it is none, or has no unit
	 */
	public static Duration parse(String property, String text) {
		Setting<String> setting = requireUnit(property, text);
		try {
			return DurationStyle.detectAndParse(setting.value());
		}
		catch (IllegalArgumentException | DateTimeParseException | ArithmeticException ex) {
			throw setting.violation("must be a duration", "write it like 30m, 8h or PT8H");
		}
	}

}
