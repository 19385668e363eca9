package dev.resilience.killswitch;

import java.time.Duration;
import java.time.Instant;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A stop on the board, with what only the board needs to know of it. Immutable.
 *
 * @param stop what stands
 * @param deadline the ticker's reading before which it does not expire; without meaning
 * when the stop has no expiry
 */
record Standing(Stop stop, long deadline) {

	// An expiry is a time of day, and a machine's clock may be stepped: far ahead and
	// back again within a second, when time synchronisation goes wrong. By the clock
	// alone that second would end the stop for good. So the time to the expiry is
	// measured by the ticker too, from the order on, and both have to agree that it is
	// over. A clock that was stepped back and a machine that slept make the stop end
	// late, and nothing makes it end early.

	private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

	/**
	 * Puts a stop on the board. What it replaces had a deadline too, which no later order
	 * brings forward, whatever the clock said at that moment.
	 */
	static Standing from(Stop stop, Instant now, long reading, @Nullable Standing replaced) {
		if (stop.expiresAt() == null) {
			return new Standing(stop, reading);
		}
		Duration left = Duration.between(now, stop.expiresAt());
		long deadline = reading + ((left.compareTo(LONGEST) < 0) ? left : LONGEST).toNanos();
		return new Standing(stop,
				(replaced != null && replaced.deadline - deadline > 0) ? replaced.deadline : deadline);
	}

	boolean isExpired(TimeSource time) {
		return this.stop.expiresAt() != null && time.ticker().read() - this.deadline >= 0
				&& !time.clock().instant().isBefore(this.stop.expiresAt());
	}

	/**
	 * How long it will stand.
	 * @return the time, zero when it is over, or {@code null} if only a release ends it
	 */
	@Nullable Duration left(TimeSource time) {
		if (this.stop.expiresAt() == null) {
			return null;
		}
		Duration byClock = Duration.between(time.clock().instant(), this.stop.expiresAt());
		Duration byTicker = Duration.ofNanos(this.deadline - time.ticker().read());
		Duration left = (byClock.compareTo(byTicker) > 0) ? byClock : byTicker;
		return left.isNegative() ? Duration.ZERO : left;
	}

}
