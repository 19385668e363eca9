package dev.resilience.idempotency;

import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Gives claims back of calls that took no effect, and again if the store did not hear of
 * it. Thread-safe.
 */
final class Returns {

	// A call that did nothing must not block its key for all of the ttl only because the
	// store was away for a moment. So what it did not take is offered again with the
	// heartbeats of ten leases. The first to find the store gone are kept, for their
	// claims may be there; those who come when it is long gone hardly have one.

	private static final int MAX_HELD = 1_000;

	private static final int MAX_OFFERS = 30;

	private final Set<Held> held = ConcurrentHashMap.newKeySet();

	private final Runnable keepBeating;

	/**
	 * Creates it.
	 * @param keepBeating sees to it that {@link #offerAgain()} is called before long
	 */
	Returns(Runnable keepBeating) {
		this.keepBeating = keepBeating;
	}

	CompletionStage<Boolean> offer(Supplier<CompletionStage<Boolean>> command) {
		return Settlement.ask(command).whenComplete((accepted, failure) -> {
			if (failure != null && this.held.size() < MAX_HELD) {
				this.held.add(new Held(command));
				this.keepBeating.run();
			}
		});
	}

	boolean isEmpty() {
		return this.held.isEmpty();
	}

	void offerAgain() {
		this.held.forEach((each) -> {
			if (each.offers.getAndIncrement() < MAX_OFFERS) {
				Settlement.ask(each.command).thenRun(() -> this.held.remove(each));
			}
			else {
				this.held.remove(each);
			}
		});
	}

	private static final class Held {

		private final Supplier<CompletionStage<Boolean>> command;

		private final AtomicInteger offers = new AtomicInteger();

		Held(Supplier<CompletionStage<Boolean>> command) {
			this.command = command;
		}

	}

}
