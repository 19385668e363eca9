package dev.resilience.redis;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.TimeSource;

/**
 * One instance of an application that takes payments, each once.
 */
final class PaymentNode implements AutoCloseable {

	static final String PREFIX = "test:";

	private final RedisLink link;

	private final RedisIdempotencyStore store;

	private final IdempotentOperation operation;

	private final AtomicInteger effects;

	PaymentNode(RedisLink link, IdempotencyConfig.Builder config, AtomicInteger effects) {
		this.link = link;
		this.effects = effects;
		this.store = new RedisIdempotencyStore(link, PREFIX, Clock.systemUTC());
		this.operation = new IdempotentOperation("pay", config.build(), this.store, new TextCodec(), null,
				TimeSource.system());
	}

	PaymentNode(String uri, Duration timeout, IdempotencyConfig.Builder config, AtomicInteger effects) {
		this(RedisLink.to(uri, timeout), config, effects);
	}

	String pay(String key, String receipt) throws Exception {
		return pay(key, () -> receipt);
	}

	String pay(String key, Callable<String> work) throws Exception {
		return this.operation.execute(key, null, () -> {
			this.effects.getAndIncrement();
			return work.call();
		});
	}

	/**
	 * The name of a payment's record in Redis.
	 */
	static String record(String key) {
		return PREFIX + new RecordKey(null, null, "pay", key).digest();
	}

	RedisLink link() {
		return this.link;
	}

	RedisIdempotencyStore store() {
		return this.store;
	}

	IdempotentOperation operation() {
		return this.operation;
	}

	@Override
	public void close() {
		this.link.close();
	}

}
