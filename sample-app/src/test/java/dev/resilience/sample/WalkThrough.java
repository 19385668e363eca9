package dev.resilience.sample;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of the README's walk-through, in order. Every block of commands in the
 * README belongs to it, and every command says what it answers.
 */
final class WalkThrough {

	private static final Pattern BLOCK = Pattern.compile("^```bash\\R(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

	private static final Pattern SLEEP = Pattern.compile("sleep (\\d+)");

	private WalkThrough() {
	}

	static List<Step> parse(String readme) {
		List<Step> steps = new ArrayList<>();
		Matcher blocks = BLOCK.matcher(readme);
		while (blocks.find()) {
			read(blocks.group(1).lines().iterator(), steps);
		}
		if (steps.isEmpty()) {
			throw new IllegalArgumentException("There are no commands");
		}
		return steps;
	}

	private static void read(Iterator<String> lines, List<Step> steps) {
		int seconds = 0;
		while (lines.hasNext()) {
			String line = lines.next();
			Matcher sleep = SLEEP.matcher(line);
			if (sleep.matches()) {
				seconds += Integer.parseInt(sleep.group(1));
				continue;
			}
			CurlCommand command = CurlCommand.parse(line);
			if (!lines.hasNext()) {
				throw new IllegalArgumentException("Nothing is expected of: " + line);
			}
			steps.add(new Step(line, seconds, command, Expectation.parse(lines.next())));
			seconds = 0;
		}
		if (seconds > 0) {
			throw new IllegalArgumentException("A sleep has no command after it");
		}
	}

	/**
	 * One command.
	 *
	 * @param line as it stands in the README
	 * @param seconds how long a reader waits before it
	 * @param command what to run
	 * @param expectation what it answers
	 */
	record Step(String line, int seconds, CurlCommand command, Expectation expectation) {
	}

}
