package dev.resilience.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

import org.jspecify.annotations.Nullable;

/**
 * Time that moves only when a test moves it, or when somebody sleeps. Timers run on the
 * thread that moves it. The wall clock starts at {@link #EPOCH} and can be set apart from
 * the ticker.
 */
public final class FakeTicker implements Ticker, Sleeper {

	/**
	 * Where the wall clock starts.
	 */
	public static final Instant EPOCH = Instant.parse("2026-01-01T12:00:00Z");

	private final long origin;

	private final PriorityQueue<Due> timers = new PriorityQueue<>(
			Comparator.comparingLong(Due::at).thenComparingLong(Due::sequence));

	private final List<Duration> sleeps = new ArrayList<>();

	private long elapsed;

	private long sequence;

	private Duration clockShift = Duration.ZERO;

	/**
	 * Starts at a negative reading, as a real ticker may.
	 */
	public FakeTicker() {
		this(-1_000_000_000L);
	}

	/**
	 * Starts at a reading.
	 * @param origin the first reading
	 */
	public FakeTicker(long origin) {
		this.origin = origin;
	}

	/**
	 * This time, as policies take it.
	 * @return the source
	 */
	public TimeSource source() {
		return new TimeSource(this, clock(), this);
	}

	@Override
	public synchronized long read() {
		return this.origin + this.elapsed;
	}

	/**
	 * Moves time, and runs the timers that fall due, each at its own moment.
	 * @param duration how far; negative to have the ticker step back, which runs nothing
	 */
	public void advance(Duration duration) {
		long target;
		synchronized (this) {
			target = this.elapsed + duration.toNanos();
		}
		@Nullable Due due;
		while ((due = nextUntil(target)) != null) {
			due.task().run();
		}
		synchronized (this) {
			this.elapsed = target;
		}
	}

	/**
	 * Sets the wall clock apart from the ticker.
	 * @param shift how far, negative for back
	 */
	public synchronized void shiftClock(Duration shift) {
		this.clockShift = this.clockShift.plus(shift);
	}

	@Override
	public void sleep(long nanos) throws InterruptedException {
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		synchronized (this) {
			this.sleeps.add(Duration.ofNanos(nanos));
		}
		advance(Duration.ofNanos(Math.max(0, nanos)));
	}

	@Override
	public synchronized Timer schedule(Runnable task, long nanos) {
		Due due = new Due(this.elapsed + Math.max(0, nanos), this.sequence++, task);
		this.timers.add(due);
		return () -> forget(due);
	}

	/**
	 * How long threads slept.
	 * @return the sleeps in order
	 */
	public synchronized List<Duration> sleeps() {
		return List.copyOf(this.sleeps);
	}

	/**
	 * How many timers wait.
	 * @return the number
	 */
	public synchronized int timers() {
		return this.timers.size();
	}

	private synchronized void forget(Due due) {
		this.timers.remove(due);
	}

	private synchronized @Nullable Due nextUntil(long target) {
		Due due = this.timers.peek();
		if (due == null || due.at() > target) {
			return null;
		}
		this.timers.poll();
		this.elapsed = Math.max(this.elapsed, due.at());
		return due;
	}

	private Clock clock() {
		InstantSource source = this::now;
		return source.withZone(ZoneOffset.UTC);
	}

	private synchronized Instant now() {
		return EPOCH.plusNanos(this.elapsed).plus(this.clockShift);
	}

	private record Due(long at, long sequence, Runnable task) {
	}

}
