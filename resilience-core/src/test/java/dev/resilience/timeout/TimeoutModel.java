package dev.resilience.timeout;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

import dev.resilience.CallTimeoutException;
import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Timeouts, one within the other, as the list of all calls that were ever made; and the
 * interrupts that are on their way to the thread, which a thread has only one bit for.
 */
final class TimeoutModel extends ModelTests.Model {

	// A deadline is met to the millisecond at best. Time moves in steps of ten
	// milliseconds here and every deadline lies between two of them, so that there is
	// never a doubt about which comes first.

	private static final int STEP = 10;

	private static final int MAX_DEPTH = 4;

	private final Timeout[] timeouts = new Timeout[3];

	private final List<Call> history = new ArrayList<>();

	private final List<Call> running = new ArrayList<>();

	private long configurations;

	private long now;

	private boolean flag;

	TimeoutModel(Random random, FakeTicker ticker) {
		super(random, ticker);
		for (int index = 0; index < this.timeouts.length; index++) {
			this.timeouts[index] = new Timeout("model-" + index, config(), ticker.source());
		}
	}

	private TimeoutConfig config() {
		this.configurations++;
		return new TimeoutConfig(Duration.ofMillis(STEP * this.random.nextInt(30) + STEP / 2), chance(75));
	}

	@Override
	public String toString() {
		return "three timeouts";
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 45) {
			return callPlainly();
		}
		if (choice < 62) {
			return callAsync();
		}
		if (choice < 78) {
			return endOne();
		}
		if (choice < 95) {
			return moveTime();
		}
		Timeout timeout = anyTimeout();
		timeout.reconfigure(config());
		return timeout + " allows " + timeout.config();
	}

	private Timeout anyTimeout() {
		return this.timeouts[this.random.nextInt(this.timeouts.length)];
	}

	private String moveTime() {
		long millis = STEP * (this.random.nextInt(40) - 8L);
		this.ticker.advance(Duration.ofMillis(millis));
		long target = this.now + millis;
		Call next;
		while ((next = nextDue(target)) != null) {
			if (next.result != null) {
				next.end = "timed-out";
			}
			else {
				fire(next);
			}
		}
		this.now = target;
		return "time moved by " + millis + " ms";
	}

	private @Nullable Call nextDue(long target) {
		return this.history.stream()
			.filter((each) -> each.end == null && each.fired == Fired.NOT_YET && each.due <= target)
			.min(Comparator.comparingLong((each) -> each.due))
			.orElse(null);
	}

	/**
	 * The time of a plain call is over: its thread is interrupted, unless it has been by
	 * somebody else.
	 */
	private void fire(Call call) {
		boolean ours = this.running.stream().anyMatch((each) -> each.fired == Fired.STOPPED);
		if (call.interrupts && (!this.flag || ours)) {
			call.fired = Fired.STOPPED;
			this.flag = true;
		}
		else {
			call.fired = Fired.PASSED;
		}
	}

	private String callPlainly() {
		Timeout timeout = anyTimeout();
		Call call = new Call(timeout, this.now);
		this.history.add(call);
		Throwable caught = null;
		Object value = null;
		List<Throwable> thrown = new ArrayList<>();
		List<String> told = new ArrayList<>();
		try {
			value = timeout.call(() -> {
				this.running.add(call);
				return work(thrown, told);
			});
		}
		catch (Throwable ex) {
			caught = ex;
		}
		Throwable own = thrown.isEmpty() ? null : thrown.get(0);
		end(call, own);
		if (call.fired == Fired.STOPPED && own instanceof Exception) {
			assertThat(caught).isInstanceOfSatisfying(CallTimeoutException.class,
					(ex) -> assertThat(ex.rejection().policy()).isSameAs(timeout));
			assertThat(caught).hasCause(own);
		}
		else {
			assertThat(caught).isSameAs(own);
			assertThat(value).isEqualTo((own != null) ? null : "value");
		}
		assertThat(Thread.currentThread().isInterrupted()).isEqualTo(this.flag);
		if (this.running.isEmpty() && this.flag) {
			// Whoever sent it is not lost: the code after the call sees it.
			Thread.interrupted();
			this.flag = false;
		}
		return call + " plainly, " + told;
	}

	/**
	 * What the end of a call does to the interrupts: its own is taken back, those of the
	 * calls around and of others stay.
	 */
	private void end(Call call, @Nullable Throwable thrown) {
		this.running.remove(call);
		if (call.fired == Fired.STOPPED) {
			// Thrown with the bit set again: somebody else's came on top of ours.
			this.flag = thrown instanceof InterruptedException && this.flag;
			this.flag |= this.running.stream().anyMatch((each) -> each.fired == Fired.STOPPED);
		}
		if (call.fired == Fired.NOT_YET) {
			call.end = (thrown != null) ? "failed" : "succeeded";
		}
		else {
			boolean stopped = call.fired == Fired.STOPPED && thrown instanceof Exception;
			call.end = stopped ? "timed-out" : "late";
		}
	}

	private Object work(List<Throwable> thrown, List<String> told) throws Exception {
		for (int things = this.random.nextInt(4); things > 0; things--) {
			switch (this.random.nextInt(7)) {
				case 0, 1 -> told.add(moveTime());
				case 2 -> {
					if (chance(20)) {
						told.add("interrupt");
						Thread.currentThread().interrupt();
						this.flag = true;
					}
				}
				case 3 -> told.add("flag is " + this.flag);
				case 4 -> told.add(endOne());
				default -> {
					if (this.running.size() < MAX_DEPTH) {
						told.add("(" + callPlainly() + ")");
					}
				}
			}
			assertThat(Thread.currentThread().isInterrupted()).isEqualTo(this.flag);
		}
		Throwable failure = failure();
		if (failure == null) {
			told.add("returns");
			return "value";
		}
		told.add("throws " + failure);
		thrown.add(failure);
		if (failure instanceof Error error) {
			throw error;
		}
		throw (Exception) failure;
	}

	private @Nullable Throwable failure() {
		if (this.flag && chance(60)) {
			// What blocks clears the bit and throws; a second interrupt may follow.
			Thread.interrupted();
			this.flag = chance(20);
			if (this.flag) {
				Thread.currentThread().interrupt();
			}
			return new InterruptedException();
		}
		return switch (this.random.nextInt(6)) {
			case 0 -> new IOException("refused");
			case 1 -> new StackOverflowError();
			default -> null;
		};
	}

	private String callAsync() {
		Timeout timeout = anyTimeout();
		Call call = new Call(timeout, this.now);
		CompletableFuture<String> stage = chance(30) ? new Stubborn() : new CompletableFuture<>();
		call.stage = stage;
		this.history.add(call);
		call.result = timeout.callAsync(() -> stage).toCompletableFuture();
		return call + " asynchronously";
	}

	private String endOne() {
		Call call = any(this.history, (each) -> each.stage != null && !each.stage.isDone());
		if (call == null) {
			return "nothing to end";
		}
		CompletableFuture<String> stage = Objects.requireNonNull(call.stage);
		boolean over = call.end != null;
		switch (this.random.nextInt(3)) {
			case 0 -> {
				call.end = over ? call.end : (call.cancelled ? "ignored" : "succeeded");
				stage.complete("value");
			}
			case 1 -> {
				call.end = over ? call.end : (call.cancelled ? "ignored" : "failed");
				stage.completeExceptionally(new IOException("refused"));
			}
			default -> {
				call.cancelled |= !over;
				call.end = (over || stage instanceof Stubborn) ? call.end : "ignored";
				Objects.requireNonNull(call.result).cancel(true);
			}
		}
		return call + " was ended";
	}

	@Override
	protected void check() {
		Map<Timeout, Map<String, Long>> ends = this.history.stream()
			.filter((each) -> each.end != null)
			.collect(Collectors.groupingBy((each) -> each.timeout,
					Collectors.groupingBy((each) -> Objects.requireNonNull(each.end), Collectors.counting())));
		for (Timeout timeout : this.timeouts) {
			Map<String, Long> calls = new HashMap<>(timeout.snapshot().calls());
			calls.values().removeIf((count) -> count == 0);
			assertThat(calls).isEqualTo(ends.getOrDefault(timeout, Map.of()));
		}
		this.history.forEach(Call::check);
		long open = this.history.stream().filter((each) -> each.result != null && each.end == null).count();
		// Plain calls need one timer of each configuration, however many there were.
		assertThat(this.ticker.timers() - open).isBetween(0L, this.configurations);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Override
	protected void finish() {
		this.ticker.advance(Duration.ofMinutes(5));
		assertThat(this.ticker.timers()).isZero();
	}

	private enum Fired {

		NOT_YET, STOPPED, PASSED

	}

	/**
	 * A future that nobody can cancel.
	 */
	private static final class Stubborn extends CompletableFuture<String> {

		@Override
		public boolean cancel(boolean mayInterruptIfRunning) {
			return false;
		}

	}

	/**
	 * A call under a timeout.
	 */
	private static final class Call {

		private final Timeout timeout;

		private final TimeoutConfig config;

		private final boolean interrupts;

		private final long due;

		private Fired fired = Fired.NOT_YET;

		private boolean cancelled;

		private boolean told;

		private @Nullable String end;

		private @Nullable CompletableFuture<String> stage;

		private @Nullable CompletableFuture<String> result;

		Call(Timeout timeout, long now) {
			this.timeout = timeout;
			this.config = timeout.config();
			this.interrupts = this.config.interrupt();
			this.due = now + this.config.duration().toMillis();
		}

		void check() {
			CompletableFuture<String> given = this.result;
			if (given == null) {
				return;
			}
			if (given.isDone() != (this.end != null || this.cancelled)) {
				throw new AssertionError(this + " has " + given);
			}
			if ("timed-out".equals(this.end) && !this.cancelled && !this.told) {
				this.told = true;
				assertThat(given).failsWithin(Duration.ZERO)
					.withThrowableOfType(ExecutionException.class)
					.withCauseInstanceOf(CallTimeoutException.class);
				assertThat(this.stage).satisfiesAnyOf((work) -> assertThat(work).isCancelled(),
						(work) -> assertThat(work).isInstanceOf(Stubborn.class));
			}
		}

		@Override
		public String toString() {
			return this.timeout.name() + " " + this.config.duration().toMillis() + " ms "
					+ (this.interrupts ? "" : "gently ") + this.fired + " " + this.end;
		}

	}

}
