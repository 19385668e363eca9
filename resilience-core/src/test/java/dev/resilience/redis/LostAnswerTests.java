package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.Threads;
import dev.resilience.redis.FaultyProxy.Fault;
import io.lettuce.core.api.sync.RedisCommands;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What becomes of calls while the network loses requests and answers.
 */
@Timeout(30)
class LostAnswerTests {

	private static final Duration TIMEOUT = Duration.ofMillis(300);

	private static RedisProcess server;

	private static RedisCommands<String, String> redis;

	private final AtomicInteger effects = new AtomicInteger();

	private FaultyProxy proxy;

	private PaymentNode node;

	private PaymentNode other;

	@BeforeAll
	static void start() throws IOException {
		server = new RedisProcess();
		redis = server.commands();
	}

	@AfterAll
	static void stop() throws IOException {
		server.close();
	}

	/**
	 * A third of the lease passes before a result is stored again.
	 */
	private static IdempotencyConfig.Builder config() {
		return IdempotencyConfig.builder().lease(Duration.ofSeconds(3)).inFlightWait(Duration.ofSeconds(8));
	}

	@BeforeEach
	void connect() throws Exception {
		redis.flushall();
		this.proxy = new FaultyProxy(server.port());
		this.node = new PaymentNode(this.proxy.uri(), TIMEOUT, config(), this.effects);
		this.other = new PaymentNode(server.uri(), TIMEOUT, config(), this.effects);
		this.node.pay("connects", "receipt");
		this.other.pay("connects too", "receipt");
		this.effects.set(0);
	}

	@AfterEach
	void close() throws IOException {
		this.node.close();
		this.other.close();
		this.proxy.close();
	}

	@ParameterizedTest
	@EnumSource
	@Trap(30)
	void claimWhenItOrItsAnswerIsLostShouldBeGrantedOnce(Fault fault) throws Exception {
		this.proxy.next("SET", fault);
		assertThat(this.node.pay("key", "receipt")).isEqualTo("receipt");
		assertThat(this.proxy.isPending()).isFalse();
		assertThat(this.other.pay("key", "other")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(1);
		assertThat(this.node.operation().snapshot().calls()).containsEntry("first", 2L);
	}

	@ParameterizedTest
	@EnumSource
	@Trap(28)
	void resultWhenItOrItsAnswerIsLostShouldReachTheCallerAndBeStoredOnce(Fault fault) throws Exception {
		this.other.pay("undisturbed", "receipt");
		this.proxy.next("APPEND", fault);
		assertThat(this.node.pay("key", "receipt")).isEqualTo("receipt");
		assertThat(this.proxy.isPending()).isFalse();
		assertThat(this.other.pay("key", "other")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(2);
		Threads.eventually()
			.untilAsserted(() -> assertThat(redis.strlen(PaymentNode.record("key")))
				.isEqualTo(redis.strlen(PaymentNode.record("undisturbed"))));
	}

	@ParameterizedTest
	@EnumSource
	void releaseWhenItOrItsAnswerIsLostShouldNotRunTwiceAtOnce(Fault fault) throws Exception {
		this.proxy.next("EVALSHA", fault);
		assertThatIllegalStateException().isThrownBy(() -> this.node.pay("key", () -> {
			throw new IllegalStateException("no funds");
		}));
		assertThat(this.proxy.isPending()).isFalse();
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void claimWhenNothingIsAnsweredShouldBeRejectedInBoundedTimeAndWorkAfterIt() throws Exception {
		this.proxy.swallowAll();
		long begin = System.nanoTime();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.node.pay("key", "receipt"));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT.multipliedBy(4));
		assertThat(this.effects).hasValue(0);
		this.proxy.heal();
		Threads.eventually()
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(this.node.pay("key", "receipt")).isEqualTo("receipt"));
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void claimWhenTheServerNeverAnswersTheFirstConnectionShouldBeRejectedInBoundedTime() {
		this.proxy.swallowAll();
		try (PaymentNode fresh = new PaymentNode(this.proxy.uri(), TIMEOUT, config(), this.effects)) {
			long begin = System.nanoTime();
			assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> fresh.pay("key", "receipt"))
				.withRootCauseInstanceOf(Exception.class);
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT.multipliedBy(4));
		}
		assertThat(this.effects).hasValue(0);
	}

}
