package dev.resilience.benchmark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prints how long the server works for an idempotent call, for the plain commands of a
 * simpler protocol and for simple scripts, as its {@code INFO commandstats} tells.
 */
public final class IdempotencyServerTime {

	private static final int ROUNDS = 5;

	private static final int CALLS = 5_000;

	private static final Pattern USED = Pattern.compile("cmdstat_(\\w+)\\S*:calls=\\d+,usec=(\\d+)");

	private IdempotencyServerTime() {
	}

	public static void main(String[] args) throws Exception {
		try (RedisCalls calls = new RedisCalls()) {
			for (int round = 0; round < ROUNDS; round++) {
				double plainFirst = micros(calls, calls::plainFirst);
				double scriptFirst = micros(calls, calls::scriptFirst);
				double first = micros(calls, calls::first);
				double plainReplay = micros(calls, calls::plainReplay);
				double scriptReplay = micros(calls, calls::scriptReplay);
				double replay = micros(calls, calls::replay);
				System.out.printf("first call: ours %.2f us, plain %.2f (%.2f times), scripts %.2f%n", first,
						plainFirst, first / plainFirst, scriptFirst);
				System.out.printf("replay: ours %.2f us, GET %.2f (%.2f times), script %.2f%n", replay, plainReplay,
						replay / plainReplay, scriptReplay);
			}
		}
	}

	private static double micros(RedisCalls calls, Conversation conversation) throws Exception {
		calls.resetStatistics();
		for (int call = 0; call < CALLS; call++) {
			conversation.hold();
		}
		long used = 0;
		Matcher matcher = USED.matcher(calls.statistics());
		while (matcher.find()) {
			boolean counted = !matcher.group(1).startsWith("config") && !matcher.group(1).equals("info");
			used += counted ? Long.parseLong(matcher.group(2)) : 0;
		}
		return (double) used / CALLS;
	}

	/**
	 * What is said for one call.
	 */
	private interface Conversation {

		Object hold() throws Exception;

	}

}
