package dev.resilience.idempotency.store;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 over values that cannot run into each other: whatever varies in length is
 * preceded by it. Not thread-safe.
 */
final class Sha256 {

	// Text goes in as UTF-16 code units: the encoders of the JDK replace lone surrogates,
	// and so would give two different keys one digest.

	private final MessageDigest digest;

	Sha256() {
		try {
			this.digest = MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has SHA-256", ex);
		}
	}

	Sha256 tag(char tag) {
		this.digest.update((byte) tag);
		return this;
	}

	Sha256 number(long value) {
		this.digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, value));
		return this;
	}

	Sha256 integer(BigInteger value) {
		return bytes(value.toByteArray());
	}

	Sha256 text(@Nullable CharSequence text) {
		if (text == null) {
			return number(-1);
		}
		number(text.length());
		ByteBuffer units = ByteBuffer.allocate(2 * text.length());
		for (int index = 0; index < text.length(); index++) {
			units.putChar(text.charAt(index));
		}
		this.digest.update(units.flip());
		return this;
	}

	Sha256 bytes(byte[] bytes) {
		number(bytes.length);
		this.digest.update(bytes);
		return this;
	}

	byte[] end() {
		return this.digest.digest();
	}

	String hex() {
		return HexFormat.of().formatHex(end());
	}

}
