package dev.resilience;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import dev.resilience.time.Daemons;
import org.jspecify.annotations.Nullable;

/**
 * One listener and the events that wait for it. At most one thread at a time delivers to
 * a listener, and none outlives its idleness, so there are never more threads than
 * listeners.
 */
final class Subscription {

	static final int CAPACITY = 1024;

	private static final ExecutorService DELIVERY = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 5, TimeUnit.SECONDS,
			new SynchronousQueue<>(), Daemons.named("resilience-events"));

	private final PolicyListener listener;

	private final Queue<PolicyEvent> waiting = new ArrayDeque<>(4);

	private boolean delivering;

	private long dropped;

	Subscription(PolicyListener listener) {
		this.listener = listener;
	}

	boolean isOf(PolicyListener candidate) {
		return this.listener == candidate;
	}

	void publish(PolicyEvent event) {
		synchronized (this.waiting) {
			if (this.waiting.size() >= CAPACITY) {
				this.dropped++;
				return;
			}
			this.waiting.add(event);
			if (this.delivering) {
				return;
			}
			this.delivering = true;
		}
		try {
			DELIVERY.execute(this::deliver);
		}
		catch (RuntimeException | Error ex) {
			// No thread now: the next event tries again, and no call hears of it.
			synchronized (this.waiting) {
				this.delivering = false;
			}
		}
	}

	private void deliver() {
		PolicyEvent event;
		while ((event = next()) != null) {
			try {
				this.listener.onEvent(event);
				long lost = lost();
				if (lost > 0) {
					this.listener.onDropped(lost);
				}
			}
			catch (Throwable ex) {
				// A listener's fault is its own: the next event still reaches it.
			}
		}
	}

	private long lost() {
		synchronized (this.waiting) {
			long lost = this.dropped;
			this.dropped = 0;
			return lost;
		}
	}

	private @Nullable PolicyEvent next() {
		synchronized (this.waiting) {
			PolicyEvent event = this.waiting.poll();
			this.delivering = event != null;
			return event;
		}
	}

}
