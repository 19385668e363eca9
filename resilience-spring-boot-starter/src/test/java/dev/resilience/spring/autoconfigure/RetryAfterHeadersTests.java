package dev.resilience.spring.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryAfterHeaders}.
 */
class RetryAfterHeadersTests {

	private final FakeTicker ticker = new FakeTicker();

	private final RetryAfterHeaders headers = new RetryAfterHeaders(this.ticker.source().clock());

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			0 | PT0S
			120 | PT2M
			' 7 ' | PT7S
			Thu, 01 Jan 2026 12:00:30 GMT | PT30S
			Thursday, 01-Jan-26 12:00:30 GMT | PT30S
			Thu Jan  1 12:00:30 2026 | PT30S
			Thu, 01 Jan 2026 11:59:00 GMT | PT0S
			99999999999999999999 | P3650D
			Fri, 31 Dec 9999 23:59:59 GMT | P3650D
			""")
	void readWhenHeaderIsValidShouldTellHowLong(String header, Duration wait) {
		assertThat(read(header)).isEqualTo(wait);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "soon", "-1", "1.5", "+5", "1s", "Thu, 99 Jan 2026 12:00:30 GMT" })
	void readWhenHeaderIsNotShouldTellNothing(String header) {
		assertThat(read(header)).isNull();
	}

	@Test
	void readShouldGoByTheClockOfNow() {
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(read("Thu, 01 Jan 2026 12:00:30 GMT")).isEqualTo(Duration.ofSeconds(20));
		this.ticker.advance(Duration.ofMillis(19_100));
		assertThat(read("Thu, 01 Jan 2026 12:00:30 GMT")).isEqualTo(Duration.ofMillis(900));
	}

	@Test
	void readWhenThereIsNoHeaderShouldTellNothing() {
		assertThat(this.headers.read(new IllegalStateException("no answer"))).isNull();
		assertThat(this.headers.read(new HttpClientErrorException(HttpStatus.TOO_MANY_REQUESTS))).isNull();
	}

	@Test
	void readWhenCausesGoInCirclesShouldEnd() {
		IllegalStateException outer = new IllegalStateException("outer");
		outer.initCause(new IllegalStateException("inner", outer));
		assertThat(this.headers.read(outer)).isNull();
	}

	@Test
	void readShouldKnowTheReactiveClient() {
		WebClientResponseException failure = WebClientResponseException.create(503, "Busy", of("3"), new byte[0],
				StandardCharsets.UTF_8);
		assertThat(this.headers.read(failure)).isEqualTo(Duration.ofSeconds(3));
	}

	private @Nullable Duration read(String header) {
		return this.headers.read(HttpClientErrorException.create(HttpStatus.TOO_MANY_REQUESTS, "Slow down", of(header),
				new byte[0], StandardCharsets.UTF_8));
	}

	private static HttpHeaders of(String header) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, header);
		return headers;
	}

}
