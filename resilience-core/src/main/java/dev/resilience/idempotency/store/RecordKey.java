package dev.resilience.idempotency.store;

import java.util.Objects;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Names one record in a store. Immutable; two are equal when all parts are, so parts
 * never run into each other.
 */
public final class RecordKey {

	private final @Nullable String scope;

	private final @Nullable String principal;

	private final String operation;

	private final String key;

	private final boolean digestOnly;

	// Every command of a store asks for it. Two threads may work it out at once: they
	// come to the same.
	private @Nullable String digest;

	/**
	 * Creates a name.
	 * @param scope what keeps equal keys apart, a tenant say, or {@code null}
	 * @param principal on whose behalf the call is made, or {@code null}
	 * @param operation the operation's name
	 * @param key what the client chose
	 */
	public RecordKey(@Nullable String scope, @Nullable String principal, String operation, String key) {
		this(scope, principal, operation, key, null);
	}

	private RecordKey(@Nullable String scope, @Nullable String principal, String operation, String key,
			@Nullable String digest) {
		this.scope = scope;
		this.principal = principal;
		this.operation = operation;
		this.key = key;
		this.digest = digest;
		this.digestOnly = digest != null;
	}

	/**
	 * Names a record by its digest alone, to look it up, complete or forget it. It equals
	 * no other name.
	 * @param digest the digest
	 * @return the name
	 * @throws IllegalArgumentException when it is no digest
	 */
	public static RecordKey ofDigest(String digest) {
		Setting.of("record", digest)
			.require(digest.matches("[0-9a-f]{64}"), "must be 64 hexadecimal digits",
					"copy it from the event, the log or the answer that names the record");
		return new RecordKey(null, null, "", "", digest);
	}

	/**
	 * What keeps equal keys apart.
	 * @return a tenant say, or {@code null}
	 */
	public @Nullable String scope() {
		return this.scope;
	}

	/**
	 * On whose behalf the call is made.
	 * @return the principal, or {@code null}
	 */
	public @Nullable String principal() {
		return this.principal;
	}

	/**
	 * The operation.
	 * @return its name, empty if only the digest is known
	 */
	public String operation() {
		return this.operation;
	}

	/**
	 * What the client chose.
	 * @return the key, empty if only the digest is known
	 */
	public String key() {
		return this.key;
	}

	/**
	 * Whether nothing but the digest is known.
	 * @return whether it was made by {@link #ofDigest(String)}
	 */
	public boolean isDigest() {
		return this.digestOnly;
	}

	/**
	 * A name that tells nothing of the parts: fit for logs, endpoints and shared stores.
	 * @return the SHA-256 of the parts, each preceded by its length, in 64 hexadecimal
	 * digits
	 */
	public String digest() {
		String known = this.digest;
		if (known == null) {
			known = new Sha256().text(this.scope).text(this.principal).text(this.operation).text(this.key).hex();
			this.digest = known;
		}
		return known;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof RecordKey that && this.key.equals(that.key) && this.operation.equals(that.operation)
				&& Objects.equals(this.principal, that.principal) && Objects.equals(this.scope, that.scope)
				&& this.digestOnly == that.digestOnly && (!this.digestOnly || digest().equals(that.digest()));
	}

	@Override
	public int hashCode() {
		return 31 * (31 * this.key.hashCode() + this.operation.hashCode()) + Objects.hashCode(this.principal)
				+ Objects.hashCode(this.scope) + (this.digestOnly ? digest().hashCode() : 0);
	}

	/**
	 * Shows the digest, never the parts.
	 */
	@Override
	public String toString() {
		return digest();
	}

}
