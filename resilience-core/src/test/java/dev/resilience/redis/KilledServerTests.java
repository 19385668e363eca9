package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.Threads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of calls when the server is killed and comes back.
 */
@Timeout(30)
class KilledServerTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private final AtomicInteger effects = new AtomicInteger();

	private RedisProcess server;

	private PaymentNode node;

	private PaymentNode other;

	@BeforeEach
	void start() throws Exception {
		this.server = new RedisProcess(RedisProcess.PERSISTENT);
		this.node = node(Duration.ofSeconds(2));
		this.other = node(Duration.ofSeconds(2));
		this.node.pay("connects", "receipt");
		this.other.pay("connects too", "receipt");
		this.effects.set(0);
	}

	@AfterEach
	void stop() throws IOException {
		this.node.close();
		this.other.close();
		this.server.close();
	}

	private PaymentNode node(Duration lease) {
		return new PaymentNode(this.server.uri(), TIMEOUT, IdempotencyConfig.builder().lease(lease), this.effects);
	}

	@Test
	@Trap(17)
	void callWhenTheServerIsAwayShouldBeRejectedUntilItIsBack() throws Exception {
		this.server.stop();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.node.pay("key", "receipt"));
		long begin = System.nanoTime();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.node.pay("key", "receipt"));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT);
		assertThat(this.effects).hasValue(0);
		this.server.startAgain();
		paysEventually(this.node, "key", "receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(28)
	void callWhenTheServerDiesMeanwhileAndIsBackWithinTheLeaseShouldBeStored() throws Exception {
		assertThat(this.node.pay("key", () -> {
			this.server.stop();
			return "receipt";
		})).isEqualTo("receipt");
		this.server.startAgain();
		paysEventually(this.other, "key", "receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(28)
	void callWhenTheServerDiesMeanwhileAndIsBackAfterTheLeaseShouldNotRunAgain() throws Exception {
		try (PaymentNode brief = node(Duration.ofMillis(30))) {
			assertThat(brief.pay("key", () -> {
				this.server.stop();
				return "receipt";
			})).isEqualTo("receipt");
			Threads.eventually()
				.until(() -> Double.valueOf(0).equals(brief.operation().snapshot().gauges().get("in-flight")));
		}
		this.server.startAgain();
		Threads.eventually()
			.ignoreExceptionsInstanceOf(IdempotencyStoreException.class)
			.untilAsserted(() -> assertThatExceptionOfType(IdempotencyConflictException.class)
				.isThrownBy(() -> this.other.pay("key", "other"))
				.withMessageContaining("nobody knows whether that call took effect"));
		assertThat(this.effects).hasValue(1);
	}

	private static void paysEventually(PaymentNode node, String key, String receipt) {
		Threads.eventually()
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(node.pay(key, receipt)).isEqualTo("receipt"));
	}

}
