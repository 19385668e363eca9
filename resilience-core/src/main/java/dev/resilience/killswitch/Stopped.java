package dev.resilience.killswitch;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import org.jspecify.annotations.Nullable;

/**
 * A call was stopped: by what, on the board as it then was.
 */
final class Stopped extends Admission.Rejection {

	static final String OWN = "active";

	static final String ANCESTOR = "ancestor";

	private final Stop stop;

	private final Board board;

	private final String[] chain;

	private final Clock clock;

	Stopped(KillSwitch asked, String[] chain, Stop stop, Board board, Clock clock) {
		super(asked, stop.switchName().equals(asked.name()) ? OWN : ANCESTOR);
		this.stop = stop;
		this.board = board;
		this.chain = chain;
		this.clock = clock;
	}

	Stop stop() {
		return this.stop;
	}

	@Override
	public String explain() {
		Instant now = this.clock.instant();
		long others = this.board.all(this.chain)
			.stream()
			.filter((other) -> !other.equals(this.stop) && !other.isExpired(now))
			.count();
		return this.stop.explain() + (reason().equals(ANCESTOR) ? "; it covers '" + policy().name() + "'" : "")
				+ ((others > 0) ? "; and " + others + " more" : "");
	}

	/**
	 * Who stopped it, and what else stands, is for operators.
	 */
	@Override
	public String explainToCaller() {
		return this.stop.explainToCaller();
	}

	/**
	 * The time until the last of the stops has expired, if all of them do.
	 */
	@Override
	public @Nullable Duration retryAfter() {
		Instant last = Instant.MIN;
		for (Stop other : this.board.all(this.chain)) {
			Instant expiry = other.expiresAt();
			if (expiry == null) {
				return null;
			}
			last = expiry.isAfter(last) ? expiry : last;
		}
		Duration left = Duration.between(this.clock.instant(), last);
		return left.isNegative() ? Duration.ZERO : left;
	}

	@Override
	public long generation() {
		return this.board.version();
	}

	@Override
	public CallRejectedException toException() {
		return new KillSwitchActiveException(this);
	}

}
