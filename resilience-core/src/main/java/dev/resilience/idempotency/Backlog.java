package dev.resilience.idempotency;

import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Commands that the store has not taken, to be offered again with the heartbeats.
 * Thread-safe, but for {@link #offerAgain()}, which one thread calls at a time.
 */
final class Backlog {

	// The first to find the store gone are kept. When it is long gone, those who come
	// hardly have anything there.

	private static final int MAX_COMMANDS = 1_000;

	private static final long MAX_BYTES = 64L * 1024 * 1024;

	private final Set<Held> held = ConcurrentHashMap.newKeySet();

	private final AtomicInteger commands = new AtomicInteger();

	private final AtomicLong bytes = new AtomicLong();

	/**
	 * Keeps a command, if there is room.
	 * @param size how many bytes it holds
	 * @param offers how often it is offered again at most
	 * @param whenGone what to do when it was taken, or offered often enough
	 * @return whether there was room
	 */
	boolean keep(Supplier<CompletionStage<Boolean>> command, int size, int offers, Runnable whenGone) {
		int count = this.commands.incrementAndGet();
		long total = this.bytes.addAndGet(size);
		boolean room = count <= MAX_COMMANDS && total <= MAX_BYTES;
		if (room) {
			this.held.add(new Held(command, size, offers, whenGone));
		}
		else {
			free(size);
		}
		return room;
	}

	boolean isEmpty() {
		return this.held.isEmpty();
	}

	void offerAgain() {
		this.held.forEach((each) -> {
			if (each.offersLeft-- > 0) {
				Settlement.ask(each.command).thenRun(() -> remove(each));
			}
			else {
				remove(each);
			}
		});
	}

	private void remove(Held each) {
		if (this.held.remove(each)) {
			free(each.size);
			each.whenGone.run();
		}
	}

	private void free(int size) {
		this.commands.decrementAndGet();
		this.bytes.addAndGet(-size);
	}

	private static final class Held {

		private final Supplier<CompletionStage<Boolean>> command;

		private final int size;

		private final Runnable whenGone;

		private int offersLeft;

		Held(Supplier<CompletionStage<Boolean>> command, int size, int offers, Runnable whenGone) {
			this.command = command;
			this.size = size;
			this.offersLeft = offers;
			this.whenGone = whenGone;
		}

	}

}
