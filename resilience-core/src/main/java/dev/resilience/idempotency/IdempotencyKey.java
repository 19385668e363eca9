package dev.resilience.idempotency;

import dev.resilience.idempotency.store.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * What makes two calls of one operation the same call. Immutable. The operation checks
 * it, so that a wrong key is that operation's rejection.
 *
 * @param key what the client chose: not blank, at most 255 characters, any Unicode
 * @param fingerprint a digest of what the call asks for, see {@link Fingerprint}, at most
 * 333 characters, or {@code null} if none is taken; a key with another fingerprint is a
 * mismatch, and {@code null} differs from every digest
 * @param principal on whose behalf the call is made, so that nobody sees another one's
 * results, or {@code null}
 * @param scope what else keeps equal keys apart, a tenant say, or {@code null}
 */
public record IdempotencyKey(String key, @Nullable String fingerprint, @Nullable String principal,
		@Nullable String scope) {

	/**
	 * How many characters a key may have.
	 */
	public static final int MAX_LENGTH = 255;

	private static final int MAX_FINGERPRINT_LENGTH = 333;

	/**
	 * A key by itself.
	 * @param key the key
	 * @return the key, without fingerprint, principal and scope
	 */
	public static IdempotencyKey of(String key) {
		return of(key, null);
	}

	/**
	 * A key and what the call asks for.
	 * @param key the key
	 * @param fingerprint a digest of what the call asks for, or {@code null}
	 * @return the key, without principal and scope
	 */
	public static IdempotencyKey of(String key, @Nullable String fingerprint) {
		return new IdempotencyKey(key, fingerprint, null, null);
	}

	/**
	 * What is wrong with the key, in words that follow "the key". A character is a code
	 * point.
	 */
	@Nullable String fault() {
		if (this.key == null) {
			return "must not be null";
		}
		if (this.key.isBlank()) {
			return "must not be blank";
		}
		if (this.key.length() > MAX_LENGTH
				&& (this.key.length() > 2 * MAX_LENGTH || this.key.codePointCount(0, this.key.length()) > MAX_LENGTH)) {
			return "must have at most " + MAX_LENGTH + " characters";
		}
		if (this.fingerprint != null && this.fingerprint.length() > MAX_FINGERPRINT_LENGTH) {
			return "has a fingerprint of more than " + MAX_FINGERPRINT_LENGTH
					+ " characters: give a digest, such as Fingerprint.of makes";
		}
		return null;
	}

	/**
	 * Hides the parts: a key may be a secret, and a principal is personal data.
	 */
	@Override
	public String toString() {
		return "IdempotencyKey[...]";
	}

}
