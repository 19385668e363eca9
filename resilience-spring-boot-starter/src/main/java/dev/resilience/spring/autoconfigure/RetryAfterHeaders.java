package dev.resilience.spring.autoconfigure;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;

import dev.resilience.retry.RetryAfter;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.util.ClassUtils;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Reads the header {@code Retry-After} of the answers that Spring's HTTP clients throw,
 * themselves or as a cause: seconds, or a date by HTTP. Thread-safe.
 */
final class RetryAfterHeaders implements RetryAfter {

	private static final ClassLoader LOADER = RetryAfterHeaders.class.getClassLoader();

	private static final boolean REST_CLIENT = ClassUtils
		.isPresent("org.springframework.web.client.RestClientResponseException", LOADER);

	private static final boolean WEB_CLIENT = ClassUtils
		.isPresent("org.springframework.web.reactive.function.client.WebClientResponseException", LOADER);

	private static final int MAX_CAUSES = 8;

	private static final Pattern SECONDS = Pattern.compile("[0-9]+");

	/** The day of a date in the oldest of the three formats that HTTP knows. */
	private static final Pattern PADDED_DAY = Pattern.compile(" {2}([0-9])");

	/** Longer than any retry waits, and not too long to be counted in nanoseconds. */
	private static final long MOST_SECONDS = Duration.ofDays(3650).toSeconds();

	private final Clock clock;

	RetryAfterHeaders(Clock clock) {
		this.clock = clock;
	}

	@Override
	public @Nullable Duration read(Throwable failure) {
		Throwable current = failure;
		for (int depth = 0; current != null && depth < MAX_CAUSES; depth++) {
			String header = header(current);
			if (header != null) {
				return parse(header.trim());
			}
			current = current.getCause();
		}
		return null;
	}

	private static @Nullable String header(Throwable failure) {
		String header = REST_CLIENT ? Blocking.header(failure) : null;
		return (header == null && WEB_CLIENT) ? Reactive.header(failure) : header;
	}

	private @Nullable Duration parse(String text) {
		if (SECONDS.matcher(text).matches()) {
			return Duration
				.ofSeconds((text.length() > 9) ? MOST_SECONDS : Math.min(Long.parseLong(text), MOST_SECONDS));
		}
		Instant date = Blocking.date(text);
		if (date == null) {
			return null;
		}
		Duration wait = Duration.between(this.clock.instant(), date);
		if (wait.isNegative()) {
			return Duration.ZERO;
		}
		return (wait.toSeconds() < MOST_SECONDS) ? wait : Duration.ofSeconds(MOST_SECONDS);
	}

	// The types of the clients stand in classes of their own, as they need not be there.

	private static final class Blocking {

		static @Nullable String header(Throwable failure) {
			return (failure instanceof RestClientResponseException answered) ? first(answered.getResponseHeaders())
					: null;
		}

		static @Nullable String first(@Nullable HttpHeaders headers) {
			return (headers != null) ? headers.getFirst(HttpHeaders.RETRY_AFTER) : null;
		}

		static @Nullable Instant date(String text) {
			HttpHeaders headers = new HttpHeaders();
			headers.set(HttpHeaders.RETRY_AFTER, PADDED_DAY.matcher(text).replaceFirst(" 0$1"));
			try {
				long millis = headers.getFirstDate(HttpHeaders.RETRY_AFTER);
				return (millis >= 0) ? Instant.ofEpochMilli(millis) : null;
			}
			catch (IllegalArgumentException | DateTimeException ex) {
				return null;
			}
		}

	}

	private static final class Reactive {

		static @Nullable String header(Throwable failure) {
			return (failure instanceof WebClientResponseException answered) ? Blocking.first(answered.getHeaders())
					: null;
		}

	}

}
