package dev.resilience.redis;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real Redis server that speaks TLS, with a certificate made for it, which also serves
 * as a client's.
 */
public final class RedisTlsProcess implements AutoCloseable {

	/** What the store of keys and certificates is locked with. */
	static final String PASSWORD = "changeit";

	private final File store;

	private final Path certificate;

	private final Path key;

	private final int port = RedisProcess.freePort();

	private final RedisProcess server;

	/**
	 * Starts a server.
	 * @param directory where its certificate is put
	 * @param settings lines of its configuration
	 */
	public RedisTlsProcess(Path directory, String... settings)
			throws IOException, GeneralSecurityException, InterruptedException {
		this.store = directory.resolve("store.p12").toFile();
		Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
		Process process = new ProcessBuilder(List.of(keytool.toString(), "-genkeypair", "-alias", "redis", "-keyalg",
				"EC", "-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12", "-keystore",
				this.store.getPath(), "-storepass", PASSWORD))
			.redirectErrorStream(true)
			.start();
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as("keytool").isZero();
		KeyStore keys = KeyStore.getInstance(this.store, PASSWORD.toCharArray());
		this.certificate = pem(directory, "CERTIFICATE", keys.getCertificate("redis").getEncoded());
		this.key = pem(directory, "PRIVATE KEY", keys.getKey("redis", PASSWORD.toCharArray()).getEncoded());
		List<String> lines = new ArrayList<>(List.of(settings));
		lines.add("tls-port " + this.port);
		lines.add("tls-cert-file " + this.certificate);
		lines.add("tls-key-file " + this.key);
		lines.add("tls-ca-cert-file " + this.certificate);
		this.server = new RedisProcess(lines.toArray(String[]::new));
	}

	private static Path pem(Path directory, String type, byte[] bytes) throws IOException {
		return Files.writeString(directory.resolve(type.replace(' ', '-') + ".pem"), "-----BEGIN " + type + "-----\n"
				+ Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + type + "-----\n");
	}

	/**
	 * The port where it speaks TLS and nothing else.
	 * @return the port, of 127.0.0.1
	 */
	public int port() {
		return this.port;
	}

	/**
	 * The certificate, signed by itself.
	 * @return its PEM file
	 */
	public Path certificate() {
		return this.certificate;
	}

	/**
	 * The private key of the certificate.
	 * @return its PEM file
	 */
	public Path key() {
		return this.key;
	}

	/**
	 * Certificate and key.
	 */
	File store() {
		return this.store;
	}

	@Override
	public void close() throws IOException {
		this.server.close();
	}

}
