package dev.resilience.fallback;

import java.util.Iterator;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The way of one failure along the chain of handlers. Not thread-safe: one handler runs
 * at a time.
 */
final class Rescue {

	// A handler's own failure replaces the one that it was given, for the handlers behind
	// it. A final rejection is never replaced: otherwise a handler that names it, and
	// fails, would hand an emergency stop over to handlers that do not name it.

	private static final int MAX_SUPPRESSED = 8;

	private final Object argument;

	private final Throwable original;

	private final Iterator<Handler> handlers;

	private Throwable pending;

	private Handler.@Nullable Case<?> current;

	Rescue(List<Handler> handlers, Object argument, Throwable failure) {
		this.handlers = handlers.iterator();
		this.argument = argument;
		this.original = failure;
		this.pending = failure;
	}

	/**
	 * Moves on to the next handler that answers for the failure.
	 */
	boolean next() {
		this.current = null;
		while (this.current == null && this.handlers.hasNext()) {
			this.current = this.handlers.next().closest(this.pending);
		}
		return this.current != null;
	}

	@Nullable Object recover() throws Throwable {
		if (this.current == null) {
			throw this.original;
		}
		return this.current.recover(this.argument, this.pending);
	}

	void failed(Throwable failure) {
		if (failure == this.pending || failure == this.original) {
			return;
		}
		// The original may be an instance that its owner throws again and again.
		if (this.original.getSuppressed().length < MAX_SUPPRESSED) {
			this.original.addSuppressed(failure);
		}
		if (!Handler.isFinal(this.pending)) {
			this.pending = failure;
		}
	}

	Throwable original() {
		return this.original;
	}

}
