package dev.resilience.redis;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStoreException;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Against a real server that speaks TLS, with a certificate made here.
 */
@Timeout(60)
class RedisTlsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private static RedisTlsProcess server;

	private static String address;

	private final AtomicInteger effects = new AtomicInteger();

	@BeforeAll
	static void start(@TempDir Path directory) throws Exception {
		server = new RedisTlsProcess(directory, "tls-auth-clients no", "user payments on >secret ~* +@all",
				"requirepass open-sesame");
		address = "127.0.0.1:" + server.port();
	}

	@AfterAll
	static void stop() throws IOException {
		server.close();
	}

	@Test
	void callOverTlsShouldRunOnce() throws Exception {
		RedisURI uri = RedisURI.create("rediss://payments:secret@" + address);
		try (PaymentNode node = node(RedisLink.to(uri, trusting(), TIMEOUT))) {
			assertThat(node.pay("verified", "receipt")).isEqualTo("receipt");
			assertThat(node.pay("verified", "other")).isEqualTo("receipt");
		}
		assertThat(this.effects).hasValue(1);
		assertThat(uri.getTimeout()).isEqualTo(TIMEOUT);
	}

	@Test
	void callByAClientThatWasMadeElsewhereShouldRunOnce() throws Exception {
		RedisClient client = RedisClient.create();
		client.setOptions(ClientOptions.builder().sslOptions(trusting()).build());
		RedisURI uri = RedisURI.create("rediss://payments:secret@" + address);
		try (PaymentNode node = node(RedisLink.of(client, uri))) {
			assertThat(node.pay("elsewhere", "receipt")).isEqualTo("receipt");
			assertThat(node.pay("elsewhere", "other")).isEqualTo("receipt");
		}
		assertThat(this.effects).hasValue(1);
	}

	private static SslOptions trusting() {
		return SslOptions.builder().jdkSslProvider().truststore(server.store(), RedisTlsProcess.PASSWORD).build();
	}

	@Test
	void callByUriShouldRunOnce() throws Exception {
		try (PaymentNode node = node(
				RedisLink.to("rediss://payments:secret@" + address + "?verifyPeer=NONE", TIMEOUT))) {
			assertThat(node.pay("unverified", "receipt")).isEqualTo("receipt");
			assertThat(node.pay("unverified", "other")).isEqualTo("receipt");
		}
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void callWhenTheCertificateIsUnknownShouldBeRejectedWithTheReason() {
		try (PaymentNode node = node(RedisLink.to("rediss://payments:secret@" + address, TIMEOUT))) {
			assertThat(catchThrowable(() -> node.pay("key", "receipt"))).isInstanceOf(IdempotencyStoreException.class)
				.rootCause()
				.hasMessageContaining("unable to find valid certification path");
		}
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void callWithoutTlsShouldBeRejectedOnTheTlsPort() {
		try (PaymentNode node = node(RedisLink.to("redis://payments:secret@" + address, TIMEOUT))) {
			assertThat(catchThrowable(() -> node.pay("key", "receipt"))).isInstanceOf(IdempotencyStoreException.class);
		}
		assertThat(this.effects).hasValue(0);
	}

	private PaymentNode node(RedisLink link) {
		return new PaymentNode(link, IdempotencyConfig.builder(), this.effects);
	}

}
