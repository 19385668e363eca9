package dev.resilience.redis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

import dev.resilience.CallRejectedException;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;

/**
 * The program of a process that makes idempotent calls and is killed meanwhile. It obeys
 * the lines of its standard input, and answers by lines that {@link ChildProcess} reads.
 */
public final class CrashChild {

	/** What the lines begin with that are answers. */
	static final String ANSWER = "> ";

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private final Map<String, Halt> halts = new ConcurrentHashMap<>();

	private final Map<OnAbandoned, IdempotentOperation> operations = new EnumMap<>(OnAbandoned.class);

	private final Executor threads = Executors.newCachedThreadPool();

	private final RedisCommands<String, String> ledger;

	private CrashChild(String uri, Duration lease, Duration wait, Duration shift) {
		this.ledger = RedisClient.create(uri).connect().sync();
		Clock clock = Clock.offset(Clock.systemUTC(), shift);
		TimeSource time = new TimeSource(() -> System.nanoTime() + shift.toNanos(), clock, Sleeper.system());
		RedisLink link = RedisLink.to(uri, TIMEOUT);
		Runtime.getRuntime().addShutdownHook(new Thread(link::close));
		IdempotencyStore store = new HaltingStore(new RedisIdempotencyStore(link, "test:", clock), this::reach);
		IdempotencyConfig config = IdempotencyConfig.builder().lease(lease).inFlightWait(wait).build();
		for (OnAbandoned each : OnAbandoned.values()) {
			this.operations.put(each, new IdempotentOperation("pay", config.toBuilder().onAbandoned(each).build(),
					store, new TextCodec(), null, time));
		}
		warmUp(new IdempotentOperation("warm-up", config, store, new TextCodec(), null, time));
	}

	/**
	 * Runs the program.
	 * @param args where the server is, how long a lease is and a duplicate waits, and how
	 * far off the clock is
	 */
	public static void main(String[] args) throws IOException {
		CrashChild child = new CrashChild(args[0], Duration.parse(args[1]), Duration.parse(args[2]),
				Duration.parse(args[3]));
		say("ready", "");
		BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = lines.readLine(); line != null; line = lines.readLine()) {
			child.obey(line.split(" "));
		}
		Runtime.getRuntime().halt(0);
	}

	/**
	 * The first call loads a thousand classes, which would be the time of every test.
	 */
	private void warmUp(IdempotentOperation operation) {
		String key = UUID.randomUUID().toString();
		call(operation, key);
		call(operation, key);
	}

	private void obey(String[] words) {
		switch (words[0]) {
			case "run" -> run(words[1], OnAbandoned.valueOf(words[2]), CrashPoint.valueOf(words[3]), words[4]);
			case "go" -> this.halts.values()
				.stream()
				.filter((halt) -> halt.key.equals(words[1]))
				.forEach((halt) -> halt.gate.complete(null));
			case "counts" -> this.operations
				.forEach((policy, operation) -> say("counts:" + words[1] + ":" + policy, operation.snapshot().calls()));
			case "exit" -> System.exit(0);
			default -> throw new IllegalArgumentException(words[0]);
		}
	}

	private void run(String id, OnAbandoned policy, CrashPoint point, String key) {
		if (point.isHalt()) {
			this.halts.put(key, new Halt(key, point, new CompletableFuture<>()));
		}
		IdempotentOperation operation = Objects.requireNonNull(this.operations.get(policy));
		this.threads.execute(() -> {
			say("begun:" + id, "");
			say("done:" + id, call(operation, key));
		});
	}

	private String call(IdempotentOperation operation, String key) {
		try {
			return "value " + operation.execute(key, null, () -> pay(key));
		}
		catch (CallRejectedException ex) {
			return "rejected " + ex.reason();
		}
		catch (Exception ex) {
			return "failed " + ex;
		}
	}

	private String pay(String key) {
		reach(key, CrashPoint.GRANTED).join();
		long fence = IdempotencyContext.current().orElseThrow().fence();
		String receipt = UUID.randomUUID() + "@" + fence;
		this.ledger.rpush(ChildProcesses.ledger(key), receipt);
		reach(key, CrashPoint.EFFECT).join();
		return receipt;
	}

	/**
	 * Tells that a call has come to a point, and is over when it may go on.
	 */
	private CompletableFuture<Void> reach(String key, CrashPoint point) {
		Halt halt = this.halts.get(key);
		if (halt == null || halt.point != point) {
			return CompletableFuture.completedFuture(null);
		}
		say("at:" + key, point);
		return halt.gate;
	}

	private static void say(String topic, Object text) {
		System.out.println(ANSWER + topic + " " + text);
	}

	private record Halt(String key, CrashPoint point, CompletableFuture<Void> gate) {
	}

}
