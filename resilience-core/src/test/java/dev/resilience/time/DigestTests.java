package dev.resilience.time;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class DigestTests {

	@Test
	void occurredShouldTellOneInAnIntervalAndCountTheOthers() {
		FakeTicker ticker = new FakeTicker();
		Digest digest = new Digest(ticker, Duration.ofSeconds(1));
		assertThat(digest.occurred()).isOne();
		assertThat(digest.occurred()).isZero();
		ticker.advance(Duration.ofSeconds(1).minusNanos(1));
		assertThat(digest.occurred()).isZero();
		ticker.advance(Duration.ofNanos(1));
		assertThat(digest.occurred()).isEqualTo(3);
		assertThat(digest.occurred()).isZero();
		ticker.advance(Duration.ofSeconds(-5));
		assertThat(digest.occurred()).as("a ticker that steps back silences nobody").isEqualTo(2);
	}

}
