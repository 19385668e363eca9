package dev.resilience.redis;

import java.nio.charset.StandardCharsets;

import dev.resilience.idempotency.store.ResultCodec;

/**
 * Results that are text.
 */
final class TextCodec implements ResultCodec {

	@Override
	public byte[] encode(Object value) {
		return ((String) value).getBytes(StandardCharsets.UTF_8);
	}

	@Override
	public Object decode(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

}
