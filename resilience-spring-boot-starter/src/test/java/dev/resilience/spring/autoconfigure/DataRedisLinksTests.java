package dev.resilience.spring.autoconfigure;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import dev.resilience.redis.ClusterProcesses;
import dev.resilience.redis.RedisLink;
import dev.resilience.redis.RedisProcess;
import dev.resilience.redis.RedisTlsProcess;
import dev.resilience.spring.annotation.Idempotent;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisURI;
import org.assertj.core.util.Throwables;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.embedded.RedisSentinel;
import redis.embedded.core.RedisSentinelBuilder;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * A link to the Redis that Spring Boot knows of. Servers are told apart by what they do
 * when their memory is full.
 */
@Timeout(60)
class DataRedisLinksTests {

	@RegisterExtension
	private static final RedisServer redis = new RedisServer("maxmemory-policy allkeys-lru",
			"user payments on >secret ~* +@all", "requirepass open-sesame");

	private static RedisTlsProcess tls;

	@BeforeAll
	static void start(@TempDir Path directory) throws Exception {
		tls = new RedisTlsProcess(directory, "maxmemory-policy allkeys-lfu", "tls-auth-clients yes");
	}

	@AfterAll
	static void stop() throws Exception {
		tls.close();
	}

	@Test
	void startWithBootsUrlShouldUseItsServerAndDatabase() {
		runner().withPropertyValues("spring.data.redis.url=redis://payments:secret@127.0.0.1:" + redis.port() + "/3")
			.run(DataRedisLinksTests::assertUsesDatabase);
	}

	@Test
	void startWithBootsHostShouldUseItsServerAndDatabase() {
		runner()
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + redis.port(),
					"spring.data.redis.password=open-sesame", "spring.data.redis.database=4")
			.run(DataRedisLinksTests::assertUsesDatabase);
	}

	/**
	 * Boot's template sees the record, and the link outlives Boot's connection.
	 */
	private static void assertUsesDatabase(AssertableApplicationContext context) {
		assertThat(policy(context)).isEqualTo("allkeys-lru");
		assertThat(context.getBean(Shop.class).order("1")).isEqualTo("1");
		StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
		assertThat(template.keys("*")).singleElement().asString().startsWith("resilience:idem:");
		context.getBean(LettuceConnectionFactory.class).stop();
		assertThat(policy(context)).isEqualTo("allkeys-lru");
	}

	@Test
	void startWithAnSslBundleShouldTrustAndShowItsCertificate() {
		runner().withPropertyValues("spring.ssl.bundle.pem.redis.truststore.certificate=" + tls.certificate().toUri(),
				"spring.ssl.bundle.pem.redis.keystore.certificate=" + tls.certificate().toUri(),
				"spring.ssl.bundle.pem.redis.keystore.private-key=" + tls.key().toUri(),
				"spring.ssl.bundle.pem.redis.options.enabled-protocols=TLSv1.2", "spring.data.redis.ssl.bundle=redis",
				"spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + tls.port())
			.run((context) -> assertThat(policy(context)).isEqualTo("allkeys-lfu"));
	}

	@Test
	void startWithAProtocolThatTheServerRefusesShouldNotConnect(@TempDir Path directory) throws Exception {
		try (RedisTlsProcess modern = new RedisTlsProcess(directory, "tls-auth-clients no",
				"tls-protocols \"TLSv1.3\"")) {
			ApplicationContextRunner runner = runner().withPropertyValues(
					"spring.ssl.bundle.pem.redis.truststore.certificate=" + modern.certificate().toUri(),
					"spring.data.redis.ssl.bundle=redis", "spring.data.redis.url=redis://127.0.0.1:" + modern.port());
			runner.run((context) -> assertThat(policy(context)).isEqualTo("noeviction"));
			runner.withPropertyValues("spring.ssl.bundle.pem.redis.options.enabled-protocols=TLSv1.2")
				.run((context) -> assertThat(failure(context)).hasStackTraceContaining("protocol_version"));
			runner
				.withPropertyValues("spring.ssl.bundle.pem.redis.options.ciphers=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")
				.run((context) -> assertThat(failure(context)).hasStackTraceContaining("protocol_version"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "rediss://127.0.0.1:%s", "redis://127.0.0.1:%s" })
	void startWithTlsButNoBundleShouldTrustWhatTheJvmTrusts(String url) {
		runner()
			.withPropertyValues("spring.data.redis.url=" + url.formatted(tls.port()),
					"spring.data.redis.ssl.enabled=" + url.startsWith("redis:"))
			.run((context) -> assertThat(failure(context)).rootCause()
				.hasMessageContaining("unable to find valid certification path"));
	}

	@Test
	void startWithDetailsOfItsOwnShouldUseThem() {
		runner().withBean(DataRedisConnectionDetails.class, () -> new Server(redis.port(), "open-sesame"))
			.withPropertyValues("spring.data.redis.url=redis://127.0.0.1:1")
			.run((context) -> assertThat(policy(context)).isEqualTo("allkeys-lru"));
	}

	@Test
	void startWithDetailsButNotBootsRedisShouldUseThem() {
		bare().withBean(DataRedisConnectionDetails.class, () -> new Server(redis.port(), "open-sesame"))
			.run((context) -> assertThat(policy(context)).isEqualTo("allkeys-lru"));
	}

	@Test
	void startWithSentinelsShouldUseTheirMaster() throws Exception {
		int port = RedisProcess.freePort();
		RedisSentinelBuilder builder = new RedisSentinelBuilder().port(port)
			.masterPort(redis.port())
			.quorumSize(1)
			.onShutdownForceStop(true);
		builder.addDefaultReplicationGroup();
		RedisSentinel sentinel = builder.setting("requirepass guarded").build();
		sentinel.start();
		try {
			runner()
				.withPropertyValues("spring.data.redis.sentinel.nodes=127.0.0.1:" + port,
						"spring.data.redis.sentinel.master=mymaster", "spring.data.redis.sentinel.password=guarded",
						"spring.data.redis.username=payments", "spring.data.redis.password=secret",
						"spring.data.redis.database=5")
				.run(DataRedisLinksTests::assertUsesDatabase);
		}
		finally {
			sentinel.stop();
		}
	}

	@Test
	void startWithAClusterShouldUseIt() throws Exception {
		try (ClusterProcesses cluster = new ClusterProcesses(2)) {
			runner().withPropertyValues("spring.data.redis.cluster.nodes=127.0.0.1:" + cluster.server(0).port())
				.run((context) -> {
					for (int index = 0; index < 10; index++) {
						context.getBean(Shop.class).order("key" + index);
					}
					assertThat(context.getBean(StringRedisTemplate.class).keys("resilience:idem:*")).hasSize(10);
					assertThat(policy(context)).isEqualTo("noeviction");
				});
		}
	}

	@Test
	void sentinelsShouldComeBeforeAClusterAndServer() {
		DataRedisLinks.Target target = DataRedisLinks.target(new Everything(), true);
		assertThat(target.isCluster()).isFalse();
		RedisURI master = target.uris().get(0);
		assertThat(target.uris()).hasSize(1);
		assertThat(master.getSentinelMasterId()).isEqualTo("orders");
		assertThat(master.getDatabase()).isEqualTo(7);
		assertThat(master.isSsl()).isTrue();
		assertAuthenticates(master, "payments", "secret");
		assertThat(master.getSentinels()).extracting(RedisURI::getHost).containsExactly("one", "two");
		assertThat(master.getSentinels()).extracting(RedisURI::getPort).containsExactly(26_379, 26_380);
		assertThat(master.getSentinels()).allSatisfy((sentinel) -> {
			assertThat(sentinel.isSsl()).isTrue();
			assertThat(sentinel.isVerifyPeer()).isTrue();
			assertAuthenticates(sentinel, "watcher", "");
		});
	}

	@Test
	void clusterShouldComeBeforeAServer() {
		DataRedisLinks.Target target = DataRedisLinks.target(new Everything() {
			@Override
			public @Nullable Sentinel getSentinel() {
				return null;
			}
		}, true);
		assertThat(target.isCluster()).isTrue();
		assertThat(target.uris()).extracting(RedisURI::getHost).containsExactly("three", "four");
		assertThat(target.uris()).extracting(RedisURI::getPort).containsExactly(6379, 6380);
		assertThat(target.uris()).allSatisfy((node) -> {
			assertThat(node.isSsl()).isTrue();
			assertAuthenticates(node, "payments", "secret");
		});
	}

	private static void assertAuthenticates(RedisURI uri, String username, String password) {
		RedisCredentials credentials = uri.getCredentialsProvider().resolveCredentials().blockOptional().orElseThrow();
		assertThat(credentials.getUsername()).isEqualTo(username);
		assertThat(credentials.getPassword()).isEqualTo(password.toCharArray());
	}

	@Test
	void startWithAnAddressOfOursShouldNotAskBoot() {
		runner().withBean(DataRedisConnectionDetails.class, () -> new Server(1, null))
			.withPropertyValues("resilience.redis.url=redis://payments:secret@127.0.0.1:" + redis.port())
			.run((context) -> assertThat(policy(context)).isEqualTo("allkeys-lru"));
		runner().withBean(DataRedisConnectionDetails.class, () -> new Server(1, null))
			.withPropertyValues("resilience.redis.nodes=redis://payments:secret@127.0.0.1:" + redis.port())
			.run((context) -> assertThat(failure(context)).hasStackTraceContaining("cluster support disabled"));
	}

	@Test
	void startWithALinkOfItsOwnShouldUseIt() {
		RedisLink own = RedisLink.to(redis.uri(), Duration.ofSeconds(1));
		runner().withBean(RedisLink.class, () -> own)
			.run((context) -> assertThat(context.getBean(RedisLink.class)).isSameAs(own));
	}

	@Test
	void startWithoutBootsRedisShouldUseAnAddressOfOurs() {
		bare().withClassLoader(new FilteredClassLoader("org.springframework.boot.data.redis"))
			.withPropertyValues("resilience.redis.url=redis://:open-sesame@127.0.0.1:" + redis.port())
			.run((context) -> assertThat(policy(context)).isEqualTo("allkeys-lru"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.data.redis", "absent" })
	void startWithoutAnyAddressShouldTellOfBothWays(String absent) {
		bare().withClassLoader(new FilteredClassLoader(absent)).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).isEqualTo("resilience.redis: there is neither 'url' nor 'nodes'");
			assertThat(analysis.getAction()).contains("resilience.redis.url", "resilience.redis.nodes",
					"spring.data.redis");
		});
	}

	@Test
	void startWithAMasterAndReplicasShouldBeRefused() {
		bare().withBean(DataRedisConnectionDetails.class, Replicated::new).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains("name no single server");
			assertThat(analysis.getAction()).contains("resilience.redis.url");
		});
	}

	@Test
	void passwordInAWrongAddressShouldNotBeTold() {
		runner()
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("spring.data.redis.url=nonsense://user:secret@host")
			.run((context) -> {
				Throwable failure = catchThrowable(() -> context.getBean(RedisLink.class));
				assertThat(failure).rootCause()
					.hasMessage("Spring Boot's connection details cannot be read")
					.hasStackTraceContaining("DataRedisUrl.toUri");
				assertThat(Throwables.getStackTrace(failure)).doesNotContain("secret");
			});
	}

	@Test
	void passwordThatTheServerRefusesShouldNotBeTold() {
		runner().withBean(DataRedisConnectionDetails.class, () -> new Server(redis.port(), "mistaken"))
			.run((context) -> {
				Throwable failure = failure(context);
				assertThat(failure).hasStackTraceContaining("WRONGPASS");
				assertThat(Throwables.getStackTrace(failure)).doesNotContain("mistaken");
			});
	}

	@Test
	void commandShouldWaitNoLongerThanOurTimeout() throws Exception {
		try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			runner().withBean(DataRedisConnectionDetails.class, () -> new Server(silent.getLocalPort(), null))
				.withPropertyValues("spring.data.redis.timeout=50s", "resilience.redis.command-timeout=100ms")
				.run((context) -> assertThat(context.getBean(RedisLink.class).evictionPolicy().toCompletableFuture())
					.failsWithin(Duration.ofSeconds(10))
					.withThrowableOfType(ExecutionException.class));
		}
	}

	private static ApplicationContextRunner bare() {
		return new ApplicationContextRunner().withConfiguration(Contexts.ours())
			.withUserConfiguration(Shop.class)
			.withPropertyValues("resilience.idempotency.store=redis", "resilience.redis.command-timeout=5s");
	}

	private static ApplicationContextRunner runner() {
		return bare()
			.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, SslAutoConfiguration.class));
	}

	private static String policy(AssertableApplicationContext context) {
		return context.getBean(RedisLink.class).evictionPolicy().toCompletableFuture().join();
	}

	private static Throwable failure(AssertableApplicationContext context) {
		CompletableFuture<String> policy = context.getBean(RedisLink.class).evictionPolicy().toCompletableFuture();
		return policy.handle((told, failure) -> {
			assertThat(failure).as("said %s", told).isNotNull();
			return failure;
		}).join();
	}

	/**
	 * Public, because its proxy lives in another class loader.
	 */
	public static class Shop {

		@Idempotent(key = "#key", operation = "order")
		public String order(String key) {
			return key;
		}

	}

	record Server(int port, @Nullable String password) implements DataRedisConnectionDetails {

		@Override
		public @Nullable String getPassword() {
			return this.password;
		}

		@Override
		public Standalone getStandalone() {
			return Standalone.of("127.0.0.1", this.port);
		}

	}

	/**
	 * As Boot's own are: a server is always among them.
	 */
	static class Everything implements DataRedisConnectionDetails {

		@Override
		public String getUsername() {
			return "payments";
		}

		@Override
		public String getPassword() {
			return "secret";
		}

		@Override
		public Standalone getStandalone() {
			return Standalone.of("five", 6379);
		}

		@Override
		public @Nullable Sentinel getSentinel() {
			return new Watchers();
		}

		@Override
		public Cluster getCluster() {
			return () -> List.of(new Node("three", 6379), new Node("four", 6380));
		}

	}

	record Watchers() implements DataRedisConnectionDetails.Sentinel {

		@Override
		public int getDatabase() {
			return 7;
		}

		@Override
		public String getMaster() {
			return "orders";
		}

		@Override
		public List<DataRedisConnectionDetails.Node> getNodes() {
			return List.of(new DataRedisConnectionDetails.Node("one", 26_379),
					new DataRedisConnectionDetails.Node("two", 26_380));
		}

		@Override
		public String getUsername() {
			return "watcher";
		}

		@Override
		public @Nullable String getPassword() {
			return null;
		}

	}

	static class Replicated implements DataRedisConnectionDetails {

		@Override
		public Standalone getStandalone() {
			return Standalone.of("127.0.0.1", redis.port());
		}

		@Override
		public MasterReplica getMasterReplica() {
			return () -> List.of(new Node("127.0.0.1", redis.port()));
		}

	}

}
