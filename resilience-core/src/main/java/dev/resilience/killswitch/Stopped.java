package dev.resilience.killswitch;

import java.time.Duration;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.time.TimeSource;
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

	private final TimeSource time;

	Stopped(KillSwitch asked, String[] chain, Stop stop, Board board, TimeSource time) {
		super(asked, stop.switchName().equals(asked.name()) ? OWN : ANCESTOR);
		this.stop = stop;
		this.board = board;
		this.chain = chain;
		this.time = time;
	}

	Stop stop() {
		return this.stop;
	}

	@Override
	public String explain() {
		long others = this.board.all(this.chain)
			.stream()
			.filter((other) -> !other.stop().equals(this.stop) && !other.isExpired(this.time))
			.count();
		return this.stop.explain() + (reason().equals(ANCESTOR) ? "; it covers '" + policy().name() + "'" : "")
				+ ((others > 0) ? "; and " + others + " more" : "");
	}

	/**
	 * Who stopped it and why, and what else stands, is for operators.
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
		Duration longest = Duration.ZERO;
		for (Standing other : this.board.all(this.chain)) {
			Duration left = other.left(this.time);
			if (left == null) {
				return null;
			}
			longest = (left.compareTo(longest) > 0) ? left : longest;
		}
		return longest;
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
