package dev.resilience.redis;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

	private static final String PASSWORD = "changeit";

	private static File store;

	private static RedisProcess server;

	private static String address;

	private final AtomicInteger effects = new AtomicInteger();

	@BeforeAll
	static void start(@TempDir Path directory) throws Exception {
		store = directory.resolve("store.p12").toFile();
		Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
		Process process = new ProcessBuilder(List.of(keytool.toString(), "-genkeypair", "-alias", "redis", "-keyalg",
				"EC", "-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12", "-keystore",
				store.getPath(), "-storepass", PASSWORD))
			.redirectErrorStream(true)
			.start();
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as("keytool").isZero();
		KeyStore keys = KeyStore.getInstance(store, PASSWORD.toCharArray());
		Path certificate = pem(directory, "CERTIFICATE", keys.getCertificate("redis").getEncoded());
		Path key = pem(directory, "PRIVATE KEY", keys.getKey("redis", PASSWORD.toCharArray()).getEncoded());
		int port = RedisProcess.freePort();
		server = new RedisProcess("tls-port " + port, "tls-cert-file " + certificate, "tls-key-file " + key,
				"tls-ca-cert-file " + certificate, "tls-auth-clients no", "user payments on >secret ~* +@all",
				"requirepass open-sesame");
		address = "127.0.0.1:" + port;
	}

	private static Path pem(Path directory, String type, byte[] bytes) throws IOException {
		return Files.writeString(directory.resolve(type.replace(' ', '-') + ".pem"), "-----BEGIN " + type + "-----\n"
				+ Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + type + "-----\n");
	}

	@AfterAll
	static void stop() throws IOException {
		server.close();
	}

	@Test
	void callOverTlsShouldRunOnce() throws Exception {
		RedisClient client = RedisClient.create();
		client.setOptions(ClientOptions.builder()
			.sslOptions(SslOptions.builder().jdkSslProvider().truststore(store, PASSWORD).build())
			.build());
		RedisURI uri = RedisURI.create("rediss://payments:secret@" + address);
		try (PaymentNode node = node(RedisLink.of(client, uri))) {
			assertThat(node.pay("verified", "receipt")).isEqualTo("receipt");
			assertThat(node.pay("verified", "other")).isEqualTo("receipt");
		}
		assertThat(this.effects).hasValue(1);
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
