package dev.resilience.idempotency;

import org.jspecify.annotations.Nullable;

/**
 * Names one record in a store. Immutable; two are equal when all parts are, so parts
 * never run into each other.
 *
 * @param scope what keeps equal keys apart, a tenant say, or {@code null}
 * @param principal on whose behalf the call is made, or {@code null}
 * @param operation the operation's name
 * @param key what the client chose
 */
public record RecordKey(@Nullable String scope, @Nullable String principal, String operation, String key) {

	/**
	 * A name that tells nothing of the parts: fit for logs, endpoints and shared stores.
	 * @return the SHA-256 of the parts, each preceded by its length, in 64 hexadecimal
	 * digits
	 */
	public String digest() {
		return new Sha256().text(this.scope).text(this.principal).text(this.operation).text(this.key).hex();
	}

	/**
	 * Shows the digest, never the parts.
	 */
	@Override
	public String toString() {
		return digest();
	}

}
