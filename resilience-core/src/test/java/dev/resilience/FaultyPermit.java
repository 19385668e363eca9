package dev.resilience;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * A permit that breaks its promise never to throw.
 */
final class FaultyPermit extends Permit {

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		throw Sneaky.sneaky(new IOException("permit"));
	}

	@Override
	public void failed(Throwable cause, long nanos) {
		throw Sneaky.sneaky(new IOException("permit"));
	}

	@Override
	public void abandoned() {
		throw Sneaky.sneaky(new IOException("permit"));
	}

}
