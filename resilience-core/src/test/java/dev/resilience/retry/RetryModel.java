package dev.resilience.retry;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.ModelTests;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * A retry as the list of all calls, and of all looks into its budget.
 */
final class RetryModel extends ModelTests.Model {

	private static final double WINDOW = 10e9;

	private static final double NOISE = 1e-6;

	private final Retry retry;

	private final RetryConfig config;

	private final boolean exact;

	private final List<Asked> history = new ArrayList<>();

	private final List<Look> looks = new ArrayList<>();

	RetryModel(Random random, FakeTicker ticker, RetryConfig config, boolean exact) {
		super(random, ticker);
		this.config = config;
		this.exact = exact;
		this.looks.add(new Look(ticker.read(), 0, false));
		this.retry = new Retry("model", config, ticker.source());
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 25) {
			return askPlain();
		}
		if (choice < 50) {
			return this.exact ? askAsync() : askPlain();
		}
		if (choice < 75) {
			return endAttempt();
		}
		if (choice < 83) {
			return giveUpOne();
		}
		return moveTime();
	}

	private String moveTime() {
		Duration move = move();
		this.ticker.advance(move);
		for (Asked each : history((asked) -> asked.phase == Phase.WAITING)) {
			assertThat(each.due - this.ticker.read()).as("%s waits", each).isPositive();
		}
		return "time moved by " + move;
	}

	private String askPlain() {
		Asked asked = new Asked(this.ticker.read());
		this.history.add(asked);
		int slept = this.ticker.sleeps().size();
		Object result = null;
		Throwable thrown = null;
		try {
			result = this.retry.call(CallContext.NONE, asked, (call) -> {
				checkSleep(call, slept);
				if (chance(20)) {
					this.ticker.advance(move());
				}
				Object outcome = outcome();
				boolean interrupted = chance(3);
				ended(call, outcome);
				if (interrupted) {
					Thread.currentThread().interrupt();
					if (call.phase == Phase.WAITING) {
						end(call, End.IGNORED);
					}
				}
				if (outcome instanceof Throwable failure) {
					throw failure;
				}
				return outcome;
			});
		}
		catch (Throwable ex) {
			thrown = ex;
		}
		Thread.interrupted();
		assertThat(asked.phase).as(asked.toString()).isEqualTo(Phase.ENDED);
		assertThat((thrown != null) ? thrown : result).isSameAs(asked.last());
		checkSuppressed(asked);
		return asked + " plainly";
	}

	private void checkSleep(Asked asked, int slept) {
		List<Duration> sleeps = this.ticker.sleeps();
		assertThat(sleeps).hasSize(slept + asked.outcomes.size());
		if (!asked.outcomes.isEmpty()) {
			assertThat(asked.phase).isEqualTo(Phase.WAITING);
			assertThat((double) sleeps.get(sleeps.size() - 1).toNanos()).isBetween(asked.least - 1, asked.most + 1);
		}
	}

	private static void checkSuppressed(Asked asked) {
		if (asked.last() instanceof Throwable failure) {
			List<Object> failures = asked.outcomes.stream().filter(Throwable.class::isInstance).toList();
			assertThat(List.of((Object[]) failure.getSuppressed())).isEqualTo(failures.subList(0, failures.size() - 1));
		}
	}

	private String askAsync() {
		Asked asked = new Asked(this.ticker.read());
		this.history.add(asked);
		asked.result = this.retry.callAsync(CallContext.NONE, asked, this::attempt).toCompletableFuture();
		return asked + " asynchronously";
	}

	private CompletionStage<Object> attempt(Asked asked) throws Throwable {
		if (!asked.outcomes.isEmpty()) {
			assertThat(asked.phase).isEqualTo(Phase.WAITING);
			assertThat(this.ticker.read()).isEqualTo(asked.due);
		}
		asked.phase = Phase.RUNNING;
		CompletableFuture<Object> stage = chance(30) ? new Stubborn() : new CompletableFuture<>();
		asked.stage = stage;
		if (chance(60)) {
			return stage;
		}
		Object outcome = outcome();
		ended(asked, outcome);
		if (outcome instanceof Throwable failure && chance(50)) {
			throw failure;
		}
		return (outcome instanceof Throwable failure) ? CompletableFuture.failedFuture(failure)
				: CompletableFuture.completedFuture(outcome);
	}

	private String endAttempt() {
		Asked asked = any(Phase.RUNNING);
		if (asked == null) {
			return "nothing to end";
		}
		Object outcome = outcome();
		CompletableFuture<Object> stage = Objects.requireNonNull(asked.stage);
		ended(asked, outcome);
		if (outcome instanceof Throwable failure) {
			stage.completeExceptionally(failure);
		}
		else {
			stage.complete(outcome);
		}
		return asked + " ended an attempt with " + outcome;
	}

	private String giveUpOne() {
		Asked asked = any(chance(50) ? Phase.RUNNING : Phase.WAITING);
		if (asked == null || asked.givenUp) {
			return "nothing to give up";
		}
		asked.givenUp = true;
		asked.impatient = chance(30);
		if (asked.phase == Phase.WAITING) {
			end(asked, End.IGNORED);
		}
		else if (!(asked.stage instanceof Stubborn)) {
			asked.outcomes.add(new CancellationException());
			end(asked, End.IGNORED);
		}
		CompletableFuture<Object> result = Objects.requireNonNull(asked.result);
		if (asked.impatient) {
			result.completeExceptionally(new TimeoutException());
		}
		else {
			result.cancel(true);
		}
		return asked + " given up";
	}

	private Object outcome() {
		return switch (this.random.nextInt(9)) {
			case 0, 1, 2 -> new IOException("refused");
			case 3 -> "unwanted";
			case 4 -> new Busy(Duration.ofMillis(this.random.nextInt(6_000) - 1_000));
			case 5 -> switch (this.random.nextInt(6)) {
				case 0 -> new FileNotFoundException("excluded");
				case 1 -> new IllegalStateException("not listed");
				case 2 -> new AssertionError("error");
				case 3 -> new CancellationException();
				case 4 -> new Limited(this.retry, CallRejectedException.Category.UNAVAILABLE, Duration.ZERO);
				default -> new Limited(this.retry, CallRejectedException.Category.LIMITED,
						Duration.ofMillis(this.random.nextInt(5_000)));
			};
			default -> "value";
		};
	}

	/**
	 * What becomes of a call when an attempt has ended.
	 */
	private void ended(Asked asked, Object outcome) {
		asked.outcomes.add(outcome);
		if (outcome.equals("value")) {
			asked.phase = Phase.ENDED;
		}
		else if (asked.givenUp) {
			end(asked, End.IGNORED);
		}
		else {
			End end = verdict(asked, outcome);
			if (end != null) {
				end(asked, end);
			}
			else {
				asked.phase = Phase.WAITING;
				asked.retries++;
				asked.due = this.ticker.read() + (long) asked.least;
			}
		}
	}

	private @Nullable End verdict(Asked asked, Object outcome) {
		Duration wanted = Duration.ZERO;
		if (outcome instanceof CancellationException) {
			return End.IGNORED;
		}
		if (outcome instanceof Limited limited) {
			if (!this.config.retryRejected() || limited.category() != CallRejectedException.Category.LIMITED) {
				return End.IGNORED;
			}
			wanted = limited.asked;
		}
		else if (outcome instanceof Throwable failure) {
			if (!(failure instanceof IOException) || failure instanceof FileNotFoundException) {
				return End.FAILED;
			}
			wanted = (failure instanceof Busy busy && !busy.asked.isNegative()) ? busy.asked : Duration.ZERO;
		}
		double longest = this.config.maxDelay().toNanos();
		double jitter = this.config.jitter();
		double delay = this.config.baseDelay().toNanos();
		for (int each = 0; each < asked.retries; each++) {
			delay *= this.config.backoffFactor();
		}
		delay = Math.min(delay, longest);
		double asks = wanted.toNanos();
		asked.least = Math.max(delay * (1 - jitter), asks);
		asked.most = Math.max(Math.min(delay * (1 + jitter), longest), Math.min(asks * (1 + jitter), longest));
		if (wanted.toNanos() > longest || asked.retries == this.config.maxRetries()) {
			return End.EXHAUSTED;
		}
		Duration most = this.config.maxDuration();
		if (most != null && this.ticker.read() - asked.begin + (long) asked.least >= most.toNanos()) {
			return End.OUT_OF_TIME;
		}
		this.looks.add(new Look(this.ticker.read(), answered(), false));
		Left left = left();
		boolean paid = Math.max(left.share(), left.reserve()) >= 1;
		this.looks.set(this.looks.size() - 1, new Look(this.ticker.read(), answered(), paid));
		return paid ? null : End.OUT_OF_BUDGET;
	}

	private long answered() {
		return count((each) -> !each.outcomes.isEmpty());
	}

	private void end(Asked asked, End end) {
		asked.phase = Phase.ENDED;
		asked.end = end;
	}

	/**
	 * What is left of the budget, worked out from all looks into it.
	 */
	private Left left() {
		int rate = this.config.budget().minPerSecond();
		double share = 0;
		double reserve = rate;
		for (int index = 1; index < this.looks.size(); index++) {
			Look before = this.looks.get(index - 1);
			Look look = this.looks.get(index);
			double elapsed = Math.max(0, (double) (look.at() - before.at()));
			double calls = (look.calls() - before.calls()) * Math.min(1, WINDOW / Math.max(1, elapsed));
			share = share * Math.max(0, 1 - elapsed / WINDOW) + calls * this.config.budget().ratio();
			reserve = Math.min(rate, reserve + rate * elapsed / 1e9);
			if (look.paid() && share >= 1) {
				share--;
			}
			else if (look.paid()) {
				reserve--;
			}
		}
		return new Left(share, reserve);
	}

	private List<Asked> history(Predicate<Asked> condition) {
		return this.history.stream().filter(condition).toList();
	}

	private @Nullable Asked any(Phase phase) {
		return any(this.history, (each) -> each.phase == phase);
	}

	private long count(Predicate<Asked> condition) {
		return history(condition).size();
	}

	@Override
	protected void check() {
		PolicySnapshot snapshot = this.retry.snapshot();
		this.looks.add(new Look(this.ticker.read(), answered(), false));
		Left left = left();
		assertThat(snapshot.gauges().get("budget")).isCloseTo(left.share() + left.reserve(), within(NOISE));
		assertThat(snapshot.gauges()).containsEntry("retries",
				this.history.stream().mapToDouble((each) -> each.retries).sum());
		assertThat(snapshot.calls())
			.containsEntry("succeeded-first", count((each) -> each.succeeded() && each.outcomes.size() == 1))
			.containsEntry("succeeded-retried", count((each) -> each.succeeded() && each.outcomes.size() > 1));
		for (End end : End.values()) {
			assertThat(snapshot.calls()).containsEntry(end.text(), count((each) -> each.end == end));
		}
		assertThat(this.ticker.timers()).isEqualTo((int) count((each) -> each.phase == Phase.WAITING));
		this.history.forEach(Asked::check);
		checkBound(snapshot);
	}

	/**
	 * Whatever the budget does in detail: there are never more retries than the calls and
	 * the time so far can pay for.
	 */
	private void checkBound(PolicySnapshot snapshot) {
		double time = 0;
		for (int index = 1; index < this.looks.size(); index++) {
			time += Math.max(0, (double) (this.looks.get(index).at() - this.looks.get(index - 1).at()));
		}
		assertThat(snapshot.gauges().get("retries")).isLessThanOrEqualTo(NOISE
				+ answered() * this.config.budget().ratio() + this.config.budget().minPerSecond() * (1 + time / 1e9));
	}

	@Override
	protected void finish() {
		while (any(Phase.RUNNING) != null || any(Phase.WAITING) != null) {
			endAttempt();
			this.ticker.advance(Duration.ofHours(1));
			check();
		}
		assertThat(this.ticker.timers()).isZero();
	}

	private enum Phase {

		RUNNING, WAITING, ENDED

	}

	/**
	 * A look into the budget.
	 */
	private record Look(long at, long calls, boolean paid) {
	}

	private record Left(double share, double reserve) {
	}

	/**
	 * A call, with all that its attempts came to.
	 */
	private static final class Asked {

		private final long begin;

		private final List<Object> outcomes = new ArrayList<>();

		private Phase phase = Phase.RUNNING;

		private int retries;

		private double least;

		private double most;

		private long due;

		private boolean givenUp;

		private boolean impatient;

		private @Nullable End end;

		private @Nullable CompletableFuture<Object> stage;

		private @Nullable CompletableFuture<Object> result;

		Asked(long begin) {
			this.begin = begin;
		}

		Object last() {
			return this.outcomes.get(this.outcomes.size() - 1);
		}

		boolean succeeded() {
			return this.phase == Phase.ENDED && this.end == null;
		}

		void check() {
			CompletableFuture<Object> given = this.result;
			if (given == null) {
				return;
			}
			if (given.isDone() != (this.impatient || this.phase == Phase.ENDED)) {
				throw new AssertionError(this + " has " + given);
			}
			if (given.isDone() && !this.givenUp) {
				assertThat(given.handle((value, failure) -> (failure != null) ? failure : value).join())
					.isSameAs(last());
				checkSuppressed(this);
			}
			this.result = (given.isDone() && this.phase == Phase.ENDED) ? null : given;
		}

		@Override
		public String toString() {
			return this.phase + " " + this.end + " after " + this.outcomes;
		}

	}

	private static final class Limited extends CallRejectedException {

		private static final long serialVersionUID = 1L;

		private final Category category;

		private final Duration asked;

		Limited(Policy policy, Category category, Duration asked) {
			super(new Admission.Rejection(policy, "limited") {

				@Override
				public String explain() {
					return "limited";
				}

				@Override
				public Duration retryAfter() {
					return asked;
				}

				@Override
				public CallRejectedException toException() {
					return new Limited(policy, category, asked);
				}

			});
			this.category = category;
			this.asked = asked;
		}

		@Override
		public Category category() {
			return this.category;
		}

	}

	/**
	 * A callee that says when to come back.
	 */
	static final class Busy extends IOException {

		private static final long serialVersionUID = 1L;

		final Duration asked;

		Busy(Duration asked) {
			super("busy for " + asked);
			this.asked = asked;
		}

	}

	private static final class Stubborn extends CompletableFuture<Object> {

		@Override
		public boolean cancel(boolean mayInterruptIfRunning) {
			return false;
		}

	}

}
