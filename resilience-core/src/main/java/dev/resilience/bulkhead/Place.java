package dev.resilience.bulkhead;

import dev.resilience.Permit;
import dev.resilience.async.Unfinished;
import org.jspecify.annotations.Nullable;

/**
 * The permit of a call that is running. Calls of weight 1 share one. The place is free
 * when the work has really ended, which may be later than its failure.
 */
final class Place extends Permit {

	private final Places places;

	private final int weight;

	Place(Places places, int weight) {
		this.places = places;
		this.weight = weight;
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		this.places.free(this.weight);
	}

	@Override
	public void failed(Throwable cause, long nanos) {
		if (cause instanceof Unfinished unfinished) {
			unfinished.whenEnded(() -> this.places.free(this.weight));
		}
		else {
			this.places.free(this.weight);
		}
	}

	@Override
	public void abandoned() {
		this.places.free(this.weight);
	}

}
