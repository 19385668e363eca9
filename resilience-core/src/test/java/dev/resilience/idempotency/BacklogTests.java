package dev.resilience.idempotency;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BacklogTests {

	private static final int MAX_COMMANDS = 1_000;

	private static final int MAX_BYTES = 64 * 1024 * 1024;

	private final Backlog backlog = new Backlog();

	private final AtomicInteger gone = new AtomicInteger();

	@Test
	void keepShouldKeepNoMoreCommandsThanThereMayBe() {
		for (int command = 0; command < MAX_COMMANDS; command++) {
			assertThat(keep(BacklogTests::taken, 0)).isTrue();
		}
		assertThat(keep(BacklogTests::taken, 0)).isFalse();
		this.backlog.offerAgain();
		assertThat(this.gone).hasValue(MAX_COMMANDS);
		assertThat(this.backlog.isEmpty()).isTrue();
		for (int command = 0; command < MAX_COMMANDS; command++) {
			assertThat(keep(BacklogTests::taken, 0)).isTrue();
		}
	}

	@Test
	void keepShouldKeepNoMoreBytesThanThereMayBe() {
		assertThat(keep(BacklogTests::taken, MAX_BYTES - 1)).isTrue();
		assertThat(keep(BacklogTests::taken, 2)).isFalse();
		assertThat(keep(BacklogTests::taken, 1)).isTrue();
		this.backlog.offerAgain();
		assertThat(keep(BacklogTests::taken, MAX_BYTES)).isTrue();
	}

	@Test
	void offerAgainWhenTheStoreFailsShouldTryAsOftenAsSaidAndNoMore() {
		AtomicInteger offers = new AtomicInteger();
		keep(() -> {
			offers.incrementAndGet();
			return CompletableFuture.failedFuture(new IOException("down"));
		}, 1);
		this.backlog.offerAgain();
		this.backlog.offerAgain();
		assertThat(this.backlog.isEmpty()).isFalse();
		this.backlog.offerAgain();
		assertThat(offers).hasValue(2);
		assertThat(this.gone).hasValue(1);
		assertThat(this.backlog.isEmpty()).isTrue();
	}

	private static CompletionStage<Boolean> taken() {
		return CompletableFuture.completedFuture(true);
	}

	private boolean keep(Supplier<CompletionStage<Boolean>> command, int size) {
		return this.backlog.keep(command, size, 2, this.gone::incrementAndGet);
	}

}
