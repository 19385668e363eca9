package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import dev.resilience.idempotency.store.IdempotencyStoreContract;
import io.lettuce.core.api.sync.RedisKeyCommands;
import org.jspecify.annotations.Nullable;

/**
 * What every store in Redis keeps to.
 */
abstract class RedisStoreContract extends IdempotencyStoreContract {

	@Override
	protected Object result(@Nullable String text) {
		return ((text != null) ? text : "").getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Lets a server's time pass. All that the store knows of time is how much a key has
	 * left.
	 */
	static void pass(RedisKeyCommands<String, ?> redis, Duration duration) {
		for (String name : redis.keys("*")) {
			long left = redis.pttl(name) - duration.toMillis();
			if (left > 0) {
				redis.pexpire(name, left);
			}
			else {
				redis.del(name);
			}
		}
	}

}
