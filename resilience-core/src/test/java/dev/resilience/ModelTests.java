package dev.resilience;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Takes a policy and a naive model of it through the same random steps, and requires that
 * both always tell the same. A subclass brings the model. A failure names the seed of its
 * round; {@code -Dproofs.seed} repeats that round alone.
 */
public abstract class ModelTests {

	private static final int STEPS = 200;

	private static final int ROUNDS = 110;

	private static final int FEWEST = 5;

	private static final int TOLD = 12;

	private static final Long SEED = Long.getLong("proofs.seed");

	/**
	 * How many times as much as usual is to be proved.
	 * @return the factor
	 */
	public static int effort() {
		return Integer.getInteger("proofs.effort", 1);
	}

	/**
	 * Begins a round with a policy of random configuration.
	 * @param random every choice of the round
	 * @param ticker the time of the round
	 * @return the policy and its model
	 */
	protected abstract Model model(Random random, FakeTicker ticker);

	@Test
	void randomStepsShouldAgreeWithTheModel() {
		if (SEED != null) {
			round(SEED);
			return;
		}
		for (int round = 0; round < Math.max(FEWEST, ROUNDS * effort()); round++) {
			round(getClass().getName().hashCode() * 1_000_003L + round);
		}
	}

	private void round(long seed) {
		Random random = new Random(seed);
		long origin = origin(random);
		Model model = model(random, new FakeTicker(origin));
		Deque<String> told = new ArrayDeque<>();
		try {
			model.check();
			for (int step = 0; step < STEPS; step++) {
				told.addLast(step + ": " + model.step());
				if (told.size() > TOLD) {
					told.removeFirst();
				}
				model.check();
			}
			model.finish();
		}
		catch (Throwable ex) {
			throw new AssertionError("-Dproofs.seed=" + seed + " with " + model + " and ticker " + origin + " after\n"
					+ String.join("\n", told), ex);
		}
		finally {
			Thread.interrupted();
		}
	}

	/**
	 * A ticker may begin anywhere: here often so that it wraps within the round.
	 */
	private static long origin(Random random) {
		return switch (random.nextInt(5)) {
			case 0 -> Long.MAX_VALUE - random.nextInt(1_000_000_000);
			case 1 -> Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(random.nextInt(100));
			case 2 -> -random.nextInt(1_000_000_000);
			case 3 -> Long.MIN_VALUE + random.nextInt(1_000_000);
			default -> random.nextLong();
		};
	}

	/**
	 * A policy beside its model. The model keeps all that ever happened, works every
	 * answer out from that alone, and shares no code with the policy.
	 */
	public abstract static class Model {

		protected final Random random;

		protected final FakeTicker ticker;

		/**
		 * Creates a model.
		 * @param random every choice of the round
		 * @param ticker the time of the round
		 */
		protected Model(Random random, FakeTicker ticker) {
			this.random = random;
			this.ticker = ticker;
		}

		/**
		 * Does the same random thing to both.
		 * @return what it was
		 */
		protected abstract String step();

		/**
		 * Requires that both tell the same.
		 */
		protected abstract void check();

		/**
		 * Ends all that is going on, and requires that nothing is left.
		 */
		protected void finish() {
		}

		/**
		 * How time moves: forward by little or much, not at all, or back.
		 * @return how far
		 */
		protected final Duration move() {
			return switch (this.random.nextInt(8)) {
				case 0 -> Duration.ZERO;
				case 1 -> Duration.ofNanos(this.random.nextInt(1_000));
				case 2, 3 -> Duration.ofMillis(this.random.nextInt(1_000));
				case 4 -> Duration.ofSeconds(this.random.nextInt(20));
				case 5 -> Duration.ofMillis(-this.random.nextInt(3_000));
				case 6 -> Duration.ofNanos(-this.random.nextInt(1_000));
				default ->
					(this.random.nextInt(10) == 0) ? Duration.ofHours(this.random.nextInt(100)) : Duration.ofSeconds(1);
			};
		}

		/**
		 * Any of those that fulfil a condition.
		 * @param <E> what they are
		 * @param all those to choose from
		 * @param condition what it has to fulfil
		 * @return one of them, or {@code null} if there is none
		 */
		protected final <E> @Nullable E any(List<E> all, Predicate<E> condition) {
			List<E> chosen = all.stream().filter(condition).toList();
			return chosen.isEmpty() ? null : chosen.get(this.random.nextInt(chosen.size()));
		}

		/**
		 * Whether a chance comes true.
		 * @param percent how probable it is
		 * @return whether it does
		 */
		protected final boolean chance(int percent) {
			return this.random.nextInt(100) < percent;
		}

	}

}
