package dev.resilience.ratelimiter;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.ModelTests;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Mode;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

/**
 * A rate limiter as the list of all calls that ever asked, each with the room that it
 * took its permits from. With more keys than it may keep, the full ones may be forgotten
 * at any time; then settings stay and time moves forward, so that nobody can tell.
 */
final class LimiterModel extends ModelTests.Model {

	private static final int LARGEST = 4;

	private final RateLimiter limiter;

	private final boolean crowded;

	private final boolean steps;

	private final long origin;

	private final Map<String, Long> rejections = new HashMap<>();

	private final List<Asked> history = new ArrayList<>();

	private RateLimiterConfig config;

	private Regime regime;

	private long granted;

	private long waited;

	private long cancelled;

	LimiterModel(Random random, FakeTicker ticker, RateLimiterAlgorithm algorithm) {
		super(random, ticker);
		this.origin = ticker.read();
		this.crowded = chance(30);
		this.steps = !this.crowded && chance(50);
		this.config = config(algorithm);
		this.limiter = new RateLimiter("model", this.config, ticker.source());
		this.regime = new Regime();
	}

	static RateLimiterAlgorithm algorithm(Random random) {
		List<RateLimiterAlgorithm> all = List.of(RateLimiterAlgorithm.values());
		return all.get(random.nextInt(all.size()));
	}

	private RateLimiterConfig config(RateLimiterAlgorithm algorithm) {
		boolean window = algorithm == RateLimiterAlgorithm.SLIDING_WINDOW;
		long limit = (window ? LARGEST : 1L) + this.random.nextInt(20);
		long shortest = (algorithm == RateLimiterAlgorithm.ADAPTIVE) ? 100_000_000 : 10 * limit;
		long period = chance(10) ? shortest : shortest + this.random.nextInt(2_000_000_000);
		return RateLimiterConfig.builder()
			.algorithm(algorithm)
			.limit(limit)
			.period(Duration.ofNanos(period))
			.burst(window ? limit : LARGEST + this.random.nextInt(20))
			.exact(window && chance(50))
			.adaptive(AdaptiveConfig.builder()
				.errorThreshold(1 + this.random.nextInt(100))
				.adjustmentFactor(1 + this.random.nextInt(90))
				.adjustmentPeriod(Duration.ofMillis(10 + this.random.nextInt(3_000)))
				.minRate(1 + this.random.nextInt((int) limit))
				.maxRate(limit + this.random.nextInt((algorithm == RateLimiterAlgorithm.ADAPTIVE) ? 20 : 1))
				.build())
			.maxWait(chance(30) ? Duration.ZERO : Duration.ofNanos((long) (period * 3 * this.random.nextDouble())))
			.maxWaiting(this.random.nextInt(5))
			.maxKeys(this.crowded ? 1 + this.random.nextInt(2) : 5 + this.random.nextInt(2))
			.mode(chance(85) ? Mode.ENFORCE : Mode.SHADOW)
			.build();
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	private long now() {
		return this.ticker.read() - this.origin;
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 20) {
			return pass();
		}
		if (choice < 35) {
			return endOne();
		}
		if (choice < 39) {
			return cancelOne();
		}
		if (choice < 40) {
			return reset();
		}
		if (choice < 42 && !this.crowded) {
			return reconfigure();
		}
		return ask();
	}

	private String pass() {
		Duration move = chance(50) ? move() : this.config.period().dividedBy(1 + this.random.nextInt(9));
		// What a window in slots forgot stays forgotten: its own tests step back.
		move = (this.steps && (this.regime.isBucket() || this.config.exact())) ? move : move.abs();
		this.ticker.advance(move);
		return "time moved by " + move;
	}

	private String ask() {
		String key = chance(60) ? null : "k" + this.random.nextInt(5);
		if (key != null && this.regime.mayHaveForgotten()) {
			return pass();
		}
		int weight = chance(70) ? 1 : 1 + this.random.nextInt(LARGEST);
		if (chance(2)) {
			CallContext heavy = new CallContext(key, (int) this.config.burst() + 1, chance(50));
			assertThatIllegalArgumentException().isThrownBy(() -> this.limiter.tryAcquire(heavy));
			return "too heavy";
		}
		switch (this.random.nextInt(4)) {
			case 0 -> {
				Asked asked = new Asked(null, 1, false);
				boolean passed = this.limiter.tryAcquirePermit();
				assertThat(passed).isEqualTo(asked.answer() == Answer.GRANTED || this.config.mode() == Mode.SHADOW);
				return asked + " by the fastest way";
			}
			case 1 -> {
				return askByHand(new Asked(key, weight, false));
			}
			case 2 -> {
				return askAsync(new Asked(key, weight, true));
			}
			default -> {
				return askPlain(new Asked(key, weight, true));
			}
		}
	}

	private String askByHand(Asked asked) {
		Admission admission = this.limiter.tryAcquire(asked.context);
		Answer answer = asked.answer();
		if (answer == Answer.GRANTED || this.config.mode() == Mode.SHADOW) {
			asked.permit = (Permit) admission;
			asked.busy = true;
		}
		else {
			asked.requireRetryAfter((Admission.Rejection) admission);
		}
		return asked + " by hand";
	}

	private String askAsync(Asked asked) {
		CompletableFuture<String> result = this.limiter.callAsync(asked.context, asked::start).toCompletableFuture();
		asked.result = result;
		Answer answer = asked.answer();
		boolean begins = answer == Answer.GRANTED || (answer != Answer.QUEUED && this.config.mode() == Mode.SHADOW);
		asked.busy = begins;
		assertThat(asked.startedAt != null).isEqualTo(begins);
		if (answer == Answer.QUEUED) {
			assertThat(result).isNotDone();
		}
		else if (!begins) {
			assertThat(result).isCompletedExceptionally();
			result.exceptionally((ex) -> {
				asked.requireRetryAfter(((RateLimitExceededException) ex).rejection());
				return "";
			}).join();
		}
		return asked + " asynchronously";
	}

	private String askPlain(Asked asked) {
		boolean interrupted = chance(30);
		boolean fails = chance(30);
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		Throwable caught = null;
		try {
			this.limiter.call(asked.context, () -> {
				asked.startedAt = now();
				if (fails) {
					throw new IOException("refused");
				}
				return "value";
			});
		}
		catch (Throwable ex) {
			caught = ex;
		}
		Thread.interrupted();
		Answer answer = asked.answer();
		if (answer == Answer.QUEUED && interrupted) {
			assertThat(caught).isInstanceOf(InterruptedException.class);
			assertThat(asked.startedAt).isNull();
			asked.leave();
		}
		else if (answer.passes() || this.config.mode() == Mode.SHADOW) {
			assertThat(caught instanceof IOException).isEqualTo(fails);
			assertThat(asked.startedAt).isNotNull();
			asked.checkTurn();
			asked.heard(fails);
		}
		else if (caught instanceof RateLimitExceededException ex) {
			asked.requireRetryAfter(ex.rejection());
		}
		else {
			throw new AssertionError(asked + " should be rejected", caught);
		}
		return asked + " plainly";
	}

	private String endOne() {
		Asked asked = any(this.history, (each) -> each.busy);
		if (asked == null) {
			return "nothing to end";
		}
		boolean fails = chance(40);
		asked.busy = false;
		Permit permit = asked.permit;
		if (permit == null) {
			asked.end(fails);
		}
		else if (chance(20)) {
			permit.abandoned();
			return asked + " abandoned";
		}
		else if (fails) {
			permit.failed(new IOException("refused"), 1);
		}
		else {
			permit.succeeded("value", 1);
		}
		asked.heard(fails);
		return asked + (fails ? " failed" : " succeeded");
	}

	private String cancelOne() {
		Asked asked = any(this.history, (each) -> each.queued);
		if (asked == null) {
			return "nothing to cancel";
		}
		Objects.requireNonNull(asked.result).cancel(true);
		asked.leave();
		return asked + " cancelled";
	}

	private String reset() {
		if (chance(50)) {
			this.limiter.reset();
			this.regime = new Regime();
			return "reset";
		}
		String key = "k" + this.random.nextInt(5);
		RoomModel room = this.regime.keyed.remove(key);
		boolean known = room != null && (!this.crowded || room.used().least() > 0);
		assertThat(this.limiter.reset(key)).isIn(known, known || this.crowded);
		return "reset " + key;
	}

	private String reconfigure() {
		RateLimiterAlgorithm former = this.config.algorithm();
		boolean keeps = chance(85) && (this.regime.isBucket() || !this.steps);
		RateLimiterConfig next = config(keeps ? former : algorithm(this.random));
		if (next.algorithm() == former && !keeps) {
			return "nothing to reconfigure";
		}
		this.config = next;
		this.limiter.reconfigure(next);
		if (keeps) {
			this.regime.reconfigure();
		}
		else {
			this.regime = new Regime();
		}
		return "reconfigured: " + next;
	}

	private int waiting() {
		return (int) this.history.stream().filter((each) -> each.queued).count();
	}

	@Override
	protected void check() {
		this.history.forEach(Asked::checkTurn);
		PolicySnapshot snapshot = this.limiter.snapshot();
		assertThat(snapshot.calls()).containsEntry("granted", this.granted)
			.containsEntry("waited", this.waited)
			.containsEntry("cancelled", this.cancelled);
		assertThat(snapshot.rejections()).containsEntry("limit", this.rejections.getOrDefault("limit", 0L))
			.containsEntry("max-waiting", this.rejections.getOrDefault("max-waiting", 0L));
		Map<String, Double> gauges = snapshot.gauges();
		assertThat(gauges).containsEntry("waiting", (double) waiting());
		RoomModel.Range available = this.regime.own.available();
		assertThat(gauges.get("available")).isBetween((double) available.least(), (double) available.most());
		assertThat(gauges.get("current-rate")).isCloseTo(this.regime.perSecond(), withinPercentage(1e-9));
		long passed = this.granted + this.waited;
		long asked = passed + this.rejections.values().stream().mapToLong(Long::longValue).sum();
		assertThat(gauges).containsEntry("acceptance-rate", (asked > 0) ? (double) passed / asked : 1);
		double keys = Objects.requireNonNull(gauges.get("keys"));
		assertThat(keys).isBetween(this.crowded ? 0.0 : this.regime.keyed.size(),
				(double) (this.crowded ? this.config.maxKeys() : this.regime.keyed.size()));
		assertThat(this.ticker.timers()).isEqualTo(waiting());
	}

	@Override
	protected void finish() {
		this.ticker.advance(Duration.ofDays(1));
		check();
		assertThat(waiting()).isZero();
	}

	private enum Answer {

		GRANTED, QUEUED, LIMIT, MAX_WAITING;

		boolean passes() {
			return this == GRANTED || this == QUEUED;
		}

	}

	/**
	 * A call, from its asking to its end.
	 */
	private final class Asked {

		private final CallContext context;

		private final Regime heardBy = LimiterModel.this.regime;

		private final long begin = now();

		private final RoomModel.Range wait;

		private final RoomModel.Taken taken;

		private final CompletableFuture<String> work = new CompletableFuture<>();

		private @Nullable Answer answer;

		private @Nullable Long startedAt;

		private @Nullable Permit permit;

		private @Nullable CompletableFuture<String> result;

		private boolean queued;

		private boolean busy;

		/**
		 * What it may come to is settled before the limiter is asked.
		 */
		Asked(@Nullable String key, int weight, boolean mayWait) {
			this.context = new CallContext(key, weight, mayWait);
			this.heardBy.look();
			RoomModel room = this.heardBy.room(key);
			this.wait = room.waitFor(weight);
			this.taken = room.take(weight, this.wait);
			LimiterModel.this.history.add(this);
		}

		CompletableFuture<String> start() {
			this.startedAt = now();
			return this.work;
		}

		/**
		 * What the limiter's counters say it came to.
		 */
		Answer answer() {
			PolicySnapshot snapshot = LimiterModel.this.limiter.snapshot();
			Answer told = Answer.QUEUED;
			if (count(snapshot.calls(), "granted") > LimiterModel.this.granted) {
				told = Answer.GRANTED;
			}
			for (Answer each : List.of(Answer.LIMIT, Answer.MAX_WAITING)) {
				String reason = each.name().toLowerCase(Locale.ROOT).replace('_', '-');
				if (count(snapshot.rejections(), reason) > LimiterModel.this.rejections.getOrDefault(reason, 0L)) {
					told = each;
					LimiterModel.this.rejections.merge(reason, 1L, Long::sum);
				}
			}
			assertThat(told).as("%s", this).isIn(allowed());
			this.answer = told;
			this.heardBy.usedUp |= told != Answer.GRANTED;
			this.queued = told == Answer.QUEUED;
			if (told == Answer.GRANTED) {
				LimiterModel.this.granted++;
				this.taken.usedNow();
			}
			else if (!this.queued) {
				this.taken.undo();
			}
			return told;
		}

		private static long count(Map<String, Long> counts, String name) {
			return counts.getOrDefault(name, 0L);
		}

		private List<Answer> allowed() {
			List<Answer> allowed = new ArrayList<>();
			RateLimiterConfig config = LimiterModel.this.config;
			long most = (this.context.mayWait() && config.mode() == Mode.ENFORCE) ? config.maxWait().toNanos() : 0;
			if (this.wait.least() == 0) {
				allowed.add(Answer.GRANTED);
			}
			if (this.wait.most() > most) {
				allowed.add(Answer.LIMIT);
			}
			if (this.wait.most() > 0 && most > 0 && this.wait.least() <= most) {
				allowed.add((waiting() < config.maxWaiting()) ? Answer.QUEUED : Answer.MAX_WAITING);
			}
			return allowed;
		}

		void requireRetryAfter(Admission.Rejection rejection) {
			Duration after = Objects.requireNonNull(rejection.retryAfter());
			assertThat(after.toNanos()).isPositive().isBetween(this.wait.least(), this.wait.most());
		}

		/**
		 * A call that waited begins when its permits are earned.
		 */
		void checkTurn() {
			if (!this.queued) {
				return;
			}
			Long started = this.startedAt;
			if (started == null) {
				assertThat(now()).as("%s", this).isLessThan(this.begin + this.wait.most());
				return;
			}
			assertThat(started - this.begin).as("%s", this).isBetween(this.wait.least(), this.wait.most());
			this.queued = false;
			this.busy = this.permit == null && this.result != null;
			this.taken.usedAt(started);
			LimiterModel.this.waited++;
		}

		void leave() {
			this.queued = false;
			this.taken.giveBack();
			LimiterModel.this.cancelled++;
		}

		void end(boolean fails) {
			if (fails) {
				this.work.completeExceptionally(new IOException("refused"));
			}
			else {
				this.work.complete("value");
			}
			assertThat(this.result).isDone();
		}

		/**
		 * Only calls that the limiter let pass say something of its rate.
		 */
		void heard(boolean failed) {
			if (this.answer == Answer.GRANTED || this.answer == Answer.QUEUED) {
				this.heardBy.outcomes.add(failed);
			}
		}

		@Override
		public String toString() {
			return this.context + " at " + this.begin + " for " + this.wait + ": " + this.answer;
		}

	}

	/**
	 * What is allowed between two orders, and what is used up under it.
	 */
	final class Regime {

		private final BucketModel.@Nullable Line line;

		private final RoomModel own;

		private final RoomModel others;

		private final Map<String, RoomModel> keyed = new HashMap<>();

		private final List<Boolean> outcomes = new ArrayList<>();

		private RateLimiterConfig config = LimiterModel.this.config;

		private double rate = this.config.limit();

		private long looked = now();

		private int seen;

		private boolean usedUp;

		Regime() {
			this.line = (this.config.algorithm() != RateLimiterAlgorithm.SLIDING_WINDOW) ? new BucketModel.Line(this)
					: null;
			this.own = room();
			this.others = room();
		}

		private RoomModel room() {
			return (this.line != null) ? new BucketModel(this.line) : new WindowModel(this);
		}

		boolean isBucket() {
			return this.line != null;
		}

		private boolean isAdaptive() {
			return this.config.algorithm() == RateLimiterAlgorithm.ADAPTIVE;
		}

		RateLimiterConfig config() {
			return this.config;
		}

		long now() {
			return LimiterModel.this.now();
		}

		long highestRate() {
			Long highest = this.config.adaptive().maxRate();
			return (isAdaptive() && highest != null) ? highest : this.config.limit();
		}

		double perSecond() {
			return this.rate * 1e9 / this.config.period().toNanos();
		}

		/**
		 * Whether it is so close that nobody can tell whether a key is forgotten.
		 */
		boolean mayHaveForgotten() {
			return LimiterModel.this.crowded && this.keyed.values()
				.stream()
				.map(RoomModel::used)
				.anyMatch((used) -> used.least() == 0 && used.most() > 0);
		}

		RoomModel room(@Nullable String key) {
			if (key == null) {
				return this.own;
			}
			if (LimiterModel.this.crowded) {
				this.keyed.values().removeIf((each) -> each.used().most() == 0);
			}
			if (!this.keyed.containsKey(key) && this.keyed.size() >= this.config.maxKeys()) {
				return this.others;
			}
			return this.keyed.computeIfAbsent(key, (ignored) -> room());
		}

		/**
		 * After each interval errors cut the rate, and health raises it if it was used
		 * up.
		 */
		void look() {
			AdaptiveConfig adaptive = this.config.adaptive();
			if (!isAdaptive() || Math.abs(now() - this.looked) < adaptive.adjustmentPeriod().toNanos()) {
				return;
			}
			List<Boolean> latest = this.outcomes.subList(this.seen, this.outcomes.size());
			long failed = latest.stream().filter((each) -> each).count();
			double factor = adaptive.adjustmentFactor() / 100.0;
			if (failed > 0 && 100.0 * failed / latest.size() >= adaptive.errorThreshold()) {
				change(this.rate * (1 - factor), false);
			}
			else if (this.usedUp && failed < latest.size()) {
				change(this.rate * (1 + factor), false);
			}
			this.seen = this.outcomes.size();
			this.usedUp = false;
			this.looked = now();
		}

		private void change(double target, boolean carries) {
			double least = isAdaptive() ? Objects.requireNonNull(this.config.adaptive().minRate()) : 0;
			double next = Math.min((double) highestRate(), Math.max(least, target));
			if (this.line != null && (carries || next != this.rate)) {
				this.line.change(next, carries);
			}
			this.rate = next;
		}

		/**
		 * An adaptive rate keeps its proportion to the limit.
		 */
		void reconfigure() {
			RateLimiterConfig former = this.config;
			this.config = LimiterModel.this.config;
			if (this.config.maxKeys() != former.maxKeys()) {
				this.keyed.clear();
			}
			change(isAdaptive() ? this.rate / former.limit() * this.config.limit() : (double) this.config.limit(),
					true);
		}

	}

}
