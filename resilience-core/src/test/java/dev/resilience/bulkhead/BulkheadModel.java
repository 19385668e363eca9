package dev.resilience.bulkhead;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.ModelTests;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.async.Unfinished;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * A bulkhead as the list of all calls that ever asked.
 */
final class BulkheadModel extends ModelTests.Model {

	private static final int MAX_DEPTH = 3;

	private final Bulkhead bulkhead;

	private final BulkheadConfig config;

	private final List<Asked> history = new ArrayList<>();

	private int places;

	private long now;

	private long sequence;

	private int depth;

	BulkheadModel(Random random, FakeTicker ticker, BulkheadConfig config) {
		super(random, ticker);
		this.config = config;
		this.places = config.maxConcurrentCalls();
		this.bulkhead = new Bulkhead("model", config, ticker.source());
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 30) {
			return askAsync();
		}
		if (choice < 42) {
			return askPlain();
		}
		if (choice < 55) {
			return askByHand();
		}
		if (choice < 80) {
			return endOne();
		}
		if (choice < 87) {
			return cancelOne();
		}
		if (choice < 95) {
			Duration move = move();
			advance(move);
			return "time moved by " + move;
		}
		this.places = 1 + this.random.nextInt(6);
		this.bulkhead.resize(this.places);
		this.history.stream().map((each) -> each.group).distinct().toList().forEach(this::grant);
		return "resized to " + this.places;
	}

	private Asked ask(boolean mayWait) {
		String key = chance(50) ? null : "k" + this.random.nextInt(5);
		Asked asked = new Asked(key, groupOf(key), chance(70) ? 1 : 1 + this.random.nextInt(4));
		List<Asked> queue = queue(asked.group);
		if (queue.isEmpty() && taken(asked.group) + asked.weight <= this.places) {
			asked.fate = Fate.RUNNING;
			asked.passedAtOnce = true;
		}
		else if (asked.weight > this.places) {
			asked.fate = Fate.REFUSED;
		}
		else if (!mayWait || this.config.maxWaiting() == 0 || this.config.maxWait().isZero()) {
			asked.reject("full");
		}
		else if (queue.size() >= this.config.maxWaiting()) {
			asked.reject("max-waiting");
		}
		else {
			asked.fate = Fate.QUEUED;
			asked.expiry = new Timer(this.now + this.config.maxWait().toNanos(), this.sequence++);
		}
		return asked;
	}

	/**
	 * Keys beyond the most share one group, unless one of the others is idle.
	 */
	private String groupOf(@Nullable String key) {
		if (key == null) {
			return "own";
		}
		List<String> busy = this.history.stream()
			.filter((each) -> each.fate.isBusy() && each.group.startsWith("k"))
			.map((each) -> each.group)
			.distinct()
			.toList();
		return (busy.contains(key) || busy.size() < this.config.maxKeys()) ? key : "others";
	}

	private String askByHand() {
		Asked asked = ask(false);
		this.history.add(asked);
		if (asked.fate == Fate.REFUSED) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.bulkhead.tryAcquire(asked.context(false)));
			return asked + " by hand";
		}
		Admission admission = this.bulkhead.tryAcquire(asked.context(chance(50)));
		if (asked.fate == Fate.RUNNING) {
			asked.permit = (Permit) admission;
		}
		else {
			assertThat(admission).isInstanceOfSatisfying(Admission.Rejection.class,
					(rejection) -> assertThat(rejection.reason()).isEqualTo(asked.rejection));
		}
		return asked + " by hand";
	}

	private String askPlain() {
		Asked asked = ask(false);
		asked.plain = true;
		this.history.add(asked);
		Throwable thrown = outcome(asked);
		Throwable caught = null;
		try {
			this.bulkhead.call(asked.context(false), () -> {
				asked.started = true;
				check();
				if (++this.depth < MAX_DEPTH && chance(50)) {
					step();
					check();
				}
				this.depth--;
				if (thrown instanceof Exception exception) {
					throw exception;
				}
				if (thrown != null) {
					throw (Error) thrown;
				}
				return "value";
			});
		}
		catch (Throwable ex) {
			caught = ex;
		}
		if (asked.fate == Fate.REFUSED) {
			assertThat(caught).isInstanceOf(IllegalArgumentException.class);
		}
		else if (asked.rejection != null) {
			assertThat(caught).isInstanceOfSatisfying(BulkheadFullException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo(asked.rejection));
		}
		else {
			assertThat(caught).isSameAs(thrown);
			assertThat(asked.started).isTrue();
			asked.plain = false;
			if (asked.work == null) {
				free(asked);
			}
		}
		return asked + " plainly, throws " + thrown;
	}

	private @Nullable Throwable outcome(Asked asked) {
		int choice = this.random.nextInt(5);
		if (choice == 2) {
			asked.work = new CompletableFuture<>();
			return new StillBusy(asked.work);
		}
		if (choice > 2) {
			return null;
		}
		return (choice == 0) ? new IOException("refused") : new AssertionError("error");
	}

	private String askAsync() {
		Asked asked = ask(true);
		asked.mode = Mode.values()[this.random.nextInt(Mode.values().length)];
		this.history.add(asked);
		boolean passed = asked.fate == Fate.RUNNING;
		asked.result = this.bulkhead.callAsync(asked.context(true), asked::start).toCompletableFuture();
		if (passed) {
			start(asked);
		}
		if (asked.fate == Fate.REFUSED) {
			assertThat(asked.result).failsWithin(Duration.ZERO)
				.withThrowableOfType(Exception.class)
				.withCauseInstanceOf(IllegalArgumentException.class);
		}
		return asked + " asynchronously, " + asked.mode;
	}

	/**
	 * A call that was let pass begins, as far as its caller still wants it.
	 */
	private void start(Asked asked) {
		asked.fate = Fate.RUNNING;
		asked.begun = !asked.cancelled;
		if (asked.cancelled || asked.mode == Mode.THROWS || asked.mode == Mode.RETURNS) {
			free(asked);
		}
	}

	private String endOne() {
		Asked asked = any(this.history, (each) -> each.fate == Fate.RUNNING && !each.plain);
		if (asked == null) {
			return "nothing to end";
		}
		CompletableFuture<String> work = asked.work;
		if (work != null) {
			if (chance(70)) {
				work.complete("value");
			}
			else {
				work.completeExceptionally(new IOException("refused"));
			}
		}
		else {
			endByHand(Objects.requireNonNull(asked.permit), asked);
		}
		if (asked.work == work) {
			free(asked);
		}
		return "ended " + asked;
	}

	private void endByHand(Permit permit, Asked asked) {
		switch (this.random.nextInt(4)) {
			case 0 -> permit.succeeded("value", 0);
			case 1 -> permit.failed(new IOException("refused"), 0);
			case 2 -> permit.abandoned();
			default -> {
				CompletableFuture<String> work = new CompletableFuture<>();
				asked.work = work;
				permit.failed(new StillBusy(work), 0);
			}
		}
		// Whatever comes second does nothing.
		permit.succeeded("again", 0);
		permit.abandoned();
	}

	private String cancelOne() {
		Asked asked = any(this.history, (each) -> each.result != null && each.fate.isBusy() && !each.cancelled);
		if (asked == null) {
			return "nothing to cancel";
		}
		CompletableFuture<?> result = Objects.requireNonNull(asked.result);
		boolean failedAlready = result.isDone();
		if (chance(70)) {
			result.cancel(true);
		}
		else {
			result.completeExceptionally(new TimeoutException());
		}
		asked.cancelled = true;
		if (asked.fate == Fate.QUEUED) {
			asked.fate = Fate.LEFT;
			asked.expiry = null;
			grant(asked.group);
		}
		else if (asked.fate == Fate.RUNNING && asked.mode == Mode.LATER && !failedAlready) {
			free(asked);
		}
		return "cancelled " + asked;
	}

	private void advance(Duration move) {
		this.ticker.advance(move);
		long target = this.now + move.toNanos();
		Asked next;
		while ((next = nextTimer(target)) != null) {
			if (next.grant != null && (next.expiry == null || next.grant.isBefore(next.expiry))) {
				this.now = Math.max(this.now, next.grant.at());
				next.grant = null;
				next.expiry = null;
				if (next.fate == Fate.OUTGROWN) {
					next.reject("full");
					continue;
				}
				next.waited = true;
				start(next);
				continue;
			}
			this.now = Math.max(this.now, Objects.requireNonNull(next.expiry).at());
			next.expiry = null;
			if (next.fate == Fate.QUEUED) {
				next.reject("max-wait");
				grant(next.group);
			}
		}
		this.now = target;
	}

	private @Nullable Asked nextTimer(long target) {
		return this.history.stream()
			.filter((each) -> each.timer() != null && each.timer().at() <= target)
			.min(Comparator.comparing(Asked::timer,
					Comparator.comparingLong(Timer::at).thenComparingLong(Timer::sequence)))
			.orElse(null);
	}

	private void free(Asked asked) {
		asked.fate = Fate.ENDED;
		grant(asked.group);
	}

	private void grant(String group) {
		for (Asked each : queue(group)) {
			boolean outgrown = each.weight > this.places;
			if (!outgrown && taken(group) + each.weight > this.places) {
				return;
			}
			each.fate = outgrown ? Fate.OUTGROWN : Fate.GRANTED;
			each.grant = new Timer(this.now, this.sequence++);
		}
	}

	private int taken(String group) {
		return history((each) -> each.group.equals(group) && each.fate.takesPlaces()).mapToInt((each) -> each.weight)
			.sum();
	}

	private List<Asked> queue(String group) {
		return history((each) -> each.group.equals(group) && each.fate == Fate.QUEUED).toList();
	}

	private Stream<Asked> history(Predicate<Asked> condition) {
		return this.history.stream().filter(condition);
	}

	@Override
	protected void check() {
		PolicySnapshot snapshot = this.bulkhead.snapshot();
		assertThat(snapshot.gauges())
			.containsEntry("in-use",
					history((each) -> each.fate.takesPlaces()).mapToDouble((each) -> each.weight).sum())
			.containsEntry("available", Math.max(0.0, this.places - taken("own")))
			.containsEntry("waiting", (double) history((each) -> each.fate == Fate.QUEUED).count())
			.hasEntrySatisfying("keys", (keys) -> assertThat(keys).isLessThanOrEqualTo(this.config.maxKeys()));
		assertThat(snapshot.calls()).containsEntry("granted", history((each) -> each.passedAtOnce).count())
			.containsEntry("waited", history((each) -> each.waited).count())
			.containsEntry("cancelled", history((each) -> each.fate == Fate.LEFT).count());
		for (String reason : List.of("full", "max-waiting", "max-wait")) {
			assertThat(snapshot.rejections()).containsEntry(reason,
					history((each) -> reason.equals(each.rejection)).count());
		}
		assertThat(this.ticker.timers()).isEqualTo(this.history.stream().mapToInt((each) -> each.timers()).sum());
		this.history.forEach(Asked::check);
	}

	@Override
	protected void finish() {
		while (any(this.history, (each) -> each.fate == Fate.RUNNING) != null) {
			endOne();
			check();
		}
		advance(Duration.ofDays(1));
		while (any(this.history, (each) -> each.fate == Fate.RUNNING) != null) {
			endOne();
			advance(Duration.ZERO);
		}
		check();
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
		assertThat(this.ticker.timers()).isZero();
	}

	private enum Mode {

		LATER, STUBBORN, THROWS, RETURNS, BUSY_ON

	}

	private enum Fate {

		QUEUED, OUTGROWN, GRANTED, RUNNING, ENDED, REJECTED, REFUSED, LEFT;

		boolean takesPlaces() {
			return this == GRANTED || this == RUNNING;
		}

		boolean isBusy() {
			return this == QUEUED || takesPlaces();
		}

	}

	private record Timer(long at, long sequence) {

		boolean isBefore(Timer other) {
			return this.at < other.at || (this.at == other.at && this.sequence < other.sequence);
		}

	}

	/**
	 * A failure after which the work goes on.
	 */
	private static final class StillBusy extends Exception implements Unfinished {

		private static final long serialVersionUID = 1L;

		@SuppressWarnings("serial")
		private final transient CompletableFuture<String> work;

		StillBusy(CompletableFuture<String> work) {
			super("busy on");
			this.work = work;
		}

		@Override
		public void whenEnded(Runnable action) {
			CompletionStage<String> ended = this.work;
			ended.whenComplete((value, failure) -> action.run());
		}

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
	 * A call, from its asking to its end.
	 */
	private static final class Asked {

		private final @Nullable String key;

		private final String group;

		private final int weight;

		private Fate fate = Fate.REJECTED;

		private Mode mode = Mode.LATER;

		private boolean passedAtOnce;

		private boolean waited;

		private boolean cancelled;

		private boolean plain;

		private boolean begun;

		private boolean started;

		private boolean told;

		private @Nullable String rejection;

		private @Nullable Timer expiry;

		private @Nullable Timer grant;

		private @Nullable Permit permit;

		private @Nullable CompletableFuture<String> work;

		private @Nullable CompletableFuture<String> result;

		Asked(@Nullable String key, String group, int weight) {
			this.key = key;
			this.group = group;
			this.weight = weight;
		}

		CallContext context(boolean mayWait) {
			return new CallContext(this.key, this.weight, mayWait);
		}

		void reject(String reason) {
			this.fate = Fate.REJECTED;
			this.rejection = reason;
		}

		CompletableFuture<String> start() {
			this.started = true;
			CompletableFuture<String> created = (this.mode == Mode.STUBBORN) ? new Stubborn()
					: new CompletableFuture<>();
			this.work = created;
			return switch (this.mode) {
				case THROWS -> throw new IllegalStateException("at once");
				case RETURNS -> CompletableFuture.completedFuture("value");
				case BUSY_ON -> CompletableFuture.failedFuture(new StillBusy(created));
				default -> created;
			};
		}

		int timers() {
			return ((this.grant != null) ? 1 : 0) + ((this.expiry != null) ? 1 : 0);
		}

		@Nullable Timer timer() {
			if (this.grant == null || this.expiry == null) {
				return (this.grant != null) ? this.grant : this.expiry;
			}
			return this.grant.isBefore(this.expiry) ? this.grant : this.expiry;
		}

		void check() {
			if (this.result == null) {
				return;
			}
			boolean waits = this.fate == Fate.QUEUED || this.fate == Fate.GRANTED || this.fate == Fate.OUTGROWN;
			boolean busy = this.fate == Fate.RUNNING && this.mode != Mode.BUSY_ON;
			boolean done = this.cancelled || !(waits || busy);
			if (this.result.isDone() != done || this.started != this.begun) {
				throw new AssertionError(this + " should be " + (done ? "done" : "pending") + " and "
						+ (this.begun ? "begun" : "not begun") + ", and is " + this.result);
			}
			if (this.rejection != null && !this.told) {
				this.told = true;
				assertThat(this.result).failsWithin(Duration.ZERO)
					.withThrowableOfType(Exception.class)
					.withCauseInstanceOf(BulkheadFullException.class)
					.havingCause()
					.matches((ex) -> ((BulkheadFullException) ex).reason().equals(this.rejection));
			}
		}

		@Override
		public String toString() {
			return this.group + " x" + this.weight + " " + this.fate
					+ ((this.rejection != null) ? " " + this.rejection : "");
		}

	}

}
