package dev.resilience.keyed;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The members of a keyed policy, one for each key, bounded in number. Thread-safe;
 * finding a member takes no lock.
 *
 * @param <M> the members' class
 */
public final class Family<M extends Family.Member> {

	// A member holds what its key has used up, so forgetting one would hand the key a
	// fresh limit. Only a member that equals a fresh one is evicted; with none of those
	// at hand, newcomers share one overflow member. A newcomer looks at a few members
	// only, going round like the hand of a clock, so its cost does not grow with the
	// family.
	//
	// Evicting races with using: whoever uses a member afterwards asks isRetired(), and
	// the evictor checks freshness again after retiring. One of the two sees the other.

	private static final int LOOKED_AT = 32;

	private static final int MAX_KEY_LENGTH = 128;

	private final int maxKeys;

	private final Supplier<M> factory;

	private final M overflow;

	private final ConcurrentHashMap<Object, M> members = new ConcurrentHashMap<>();

	private final AtomicInteger size = new AtomicInteger();

	private final ReentrantLock eviction = new ReentrantLock();

	private Iterator<Map.Entry<Object, M>> hand = Collections.emptyIterator();

	/**
	 * Creates an empty family.
	 * @param maxKeys the most members it may have besides the overflow member
	 * @param factory makes a fresh member
	 */
	public Family(int maxKeys, Supplier<M> factory) {
		this.maxKeys = maxKeys;
		this.factory = factory;
		this.overflow = factory.get();
	}

	/**
	 * Finds or adds the member of a key. After changing its state, ask
	 * {@link Member#isRetired()}; if so, take the change back and begin again.
	 * @param key the key; a long string is kept as a digest
	 * @return the member, or the overflow member when the family is full
	 */
	public M member(Object key) {
		Object kept = (key instanceof CharSequence text) ? shorten(text) : key;
		M member = this.members.get(kept);
		return (member != null) ? member : add(kept);
	}

	/**
	 * How many keys have a member of their own.
	 * @return the number
	 */
	public int size() {
		return this.size.get();
	}

	/**
	 * Forgets a key, so that it begins afresh.
	 * @param key the key
	 * @return whether it had a member
	 */
	public boolean forget(Object key) {
		Object kept = (key instanceof CharSequence text) ? shorten(text) : key;
		this.eviction.lock();
		try {
			M member = this.members.remove(kept);
			if (member != null) {
				member.retired = true;
				this.size.decrementAndGet();
			}
			return member != null;
		}
		finally {
			this.eviction.unlock();
		}
	}

	private M add(Object key) {
		while (this.size.incrementAndGet() > this.maxKeys) {
			this.size.decrementAndGet();
			if (!evictOne()) {
				return this.overflow;
			}
		}
		M member = this.factory.get();
		M existing = this.members.putIfAbsent(key, member);
		if (existing != null) {
			this.size.decrementAndGet();
			return existing;
		}
		return member;
	}

	private boolean evictOne() {
		if (!this.eviction.tryLock()) {
			return false;
		}
		try {
			for (int looked = 0; looked < LOOKED_AT; looked++) {
				if (!this.hand.hasNext()) {
					this.hand = this.members.entrySet().iterator();
					if (!this.hand.hasNext()) {
						return false;
					}
				}
				Map.Entry<Object, M> entry = this.hand.next();
				if (evict(entry.getKey(), entry.getValue())) {
					return true;
				}
			}
			return false;
		}
		finally {
			this.eviction.unlock();
		}
	}

	private boolean evict(Object key, M member) {
		// The hand may point at a member that is gone already: it must stay retired.
		if (!member.isFresh() || this.members.get(key) != member) {
			return false;
		}
		member.retired = true;
		if (member.isFresh()) {
			this.members.remove(key, member);
			this.size.decrementAndGet();
			return true;
		}
		member.retired = false;
		return false;
	}

	private static Object shorten(CharSequence text) {
		String key = text.toString();
		if (key.length() <= MAX_KEY_LENGTH) {
			return key;
		}
		try {
			// Not as UTF-8: the JDK's encoders give all lone surrogates one digest.
			ByteBuffer units = ByteBuffer.allocate(Character.BYTES * key.length());
			units.asCharBuffer().put(key);
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(units.array());
			return new Digest(HexFormat.of().formatHex(digest));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has SHA-256", ex);
		}
	}

	/**
	 * A class of its own, so that no short key equals a long one's digest.
	 */
	private record Digest(String hex) {
	}

	/**
	 * What a keyed policy keeps for one key.
	 */
	public abstract static class Member {

		volatile boolean retired;

		/**
		 * Whether forgetting this member would change nothing.
		 * @return whether it equals a fresh one
		 */
		protected abstract boolean isFresh();

		/**
		 * Whether the member was evicted, so that what was just done to it is lost.
		 * @return whether to begin again with another member
		 */
		public final boolean isRetired() {
			return this.retired;
		}

	}

}
