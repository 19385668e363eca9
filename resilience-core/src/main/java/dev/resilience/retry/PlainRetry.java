package dev.resilience.retry;

import dev.resilience.Policy.Call;
import org.jspecify.annotations.Nullable;

/**
 * One plain call after its first attempt, all on the caller's thread.
 */
final class PlainRetry<A, T extends @Nullable Object> {

	private final Retry retry;

	private final A argument;

	private final Call<A, T> work;

	private final Episode episode;

	PlainRetry(Retry retry, A argument, Call<A, T> work, long start) {
		this.retry = retry;
		this.argument = argument;
		this.work = work;
		this.episode = new Episode(retry, start);
	}

	/**
	 * Goes on after the first attempt.
	 * @param first what it returned
	 * @param thrown what it threw, if it did
	 */
	@SuppressWarnings("NullAway") // T may be nullable: so may be the value
	T after(@Nullable T first, @Nullable Throwable thrown) throws Throwable {
		T value = first;
		Throwable failure = thrown;
		while (waitFor((failure != null) ? this.episode.failed(failure) : this.episode.unsatisfied())) {
			try {
				value = this.work.invoke(this.argument);
				failure = null;
			}
			catch (Throwable ex) {
				failure = ex;
				continue;
			}
			if (!this.retry.isUnwanted(value)) {
				this.retry.countRetried();
				return value;
			}
		}
		this.episode.count();
		if (failure != null) {
			throw this.episode.withEarlier(failure);
		}
		return value;
	}

	private boolean waitFor(long delay) {
		if (delay == Episode.STOP) {
			return false;
		}
		try {
			this.retry.sleeper().sleep(delay);
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			this.episode.abandon(null);
			return false;
		}
	}

}
