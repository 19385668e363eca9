package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.resilience.idempotency.IdempotencyConfig;
import io.lettuce.core.api.sync.RedisCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What a call costs in commands and round trips.
 */
@Timeout(30)
class RedisRoundTripTests {

	private static final Pattern CALLS = Pattern.compile("cmdstat_([a-z|]+):calls=(\\d+),");

	private final AtomicInteger effects = new AtomicInteger();

	private final RedisProcess server = new RedisProcess();

	private final FaultyProxy proxy = new FaultyProxy(this.server.port());

	private final RedisCommands<String, String> redis = this.server.commands();

	private final PaymentNode node = new PaymentNode(this.proxy.uri(), Duration.ofSeconds(5),
			IdempotencyConfig.builder(), this.effects);

	private int roundTripsBefore;

	RedisRoundTripTests() throws IOException {
	}

	@BeforeEach
	void connect() throws Exception {
		this.node.pay("connects", "receipt");
		reset();
	}

	@AfterEach
	void stop() throws IOException {
		this.node.close();
		this.proxy.close();
		this.server.close();
	}

	@Test
	void firstCallShouldCostTwoRoundTripsAndNoScript() throws Exception {
		this.node.pay("key", "receipt");
		assertThat(roundTrips()).isEqualTo(2);
		assertThat(commands()).isEqualTo(Map.of("get", 1, "set", 1, "time", 1, "append", 1, "getrange", 1, "pttl", 1));
	}

	@Test
	void replayShouldCostOneRoundTripAndNoScript() throws Exception {
		this.node.pay("key", "receipt");
		reset();
		assertThat(this.node.pay("key", "other")).isEqualTo("receipt");
		assertThat(roundTrips()).isEqualTo(1);
		assertThat(commands()).isEqualTo(Map.of("get", 1, "set", 1, "time", 1));
	}

	@Test
	void failedCallShouldCostTwoRoundTrips() throws Exception {
		assertThatIllegalStateException().isThrownBy(() -> this.node.pay("warm", RedisRoundTripTests::fail));
		reset();
		assertThatIllegalStateException().isThrownBy(() -> this.node.pay("key", RedisRoundTripTests::fail));
		assertThat(roundTrips()).isEqualTo(2);
		assertThat(commands()).isEqualTo(Map.of("get", 2, "set", 1, "time", 1, "evalsha", 1, "del", 1));
	}

	@Test
	void largeResultShouldCostTwoRoundTrips() throws Exception {
		this.node.pay("warm", "x".repeat(100_000));
		reset();
		this.node.pay("key", "x".repeat(100_000));
		assertThat(roundTrips()).isEqualTo(2);
		assertThat(commands()).isEqualTo(Map.of("get", 2, "set", 2, "time", 1, "evalsha", 1));
	}

	private static String fail() {
		throw new IllegalStateException("no funds");
	}

	private void reset() {
		this.redis.configResetstat();
		this.roundTripsBefore = this.proxy.roundTrips();
	}

	private int roundTrips() {
		return this.proxy.roundTrips() - this.roundTripsBefore;
	}

	/**
	 * Which commands the server has got, and how many of each.
	 */
	private Map<String, Integer> commands() {
		Map<String, Integer> calls = new TreeMap<>();
		Matcher matcher = CALLS.matcher(this.redis.info("commandstats"));
		while (matcher.find()) {
			calls.put(matcher.group(1), Integer.valueOf(matcher.group(2)));
		}
		calls.keySet().removeIf((name) -> name.startsWith("config") || name.equals("info"));
		return calls;
	}

}
