package dev.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lets threads do the same at the same time.
 */
public final class Races {

	private Races() {
	}

	/**
	 * Runs a race to its end. Nothing of it may run on then.
	 * @param threads how many take part
	 * @param racer what each of them does
	 * @throws Exception what one of them threw, or if one takes longer than 20 seconds
	 */
	public static void race(int threads, Racer racer) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			CyclicBarrier start = new CyclicBarrier(threads);
			List<Future<?>> futures = new ArrayList<>();
			for (int thread = 0; thread < threads; thread++) {
				int index = thread;
				futures.add(executor.submit(() -> {
					start.await(10, TimeUnit.SECONDS);
					racer.run(index);
					return null;
				}));
			}
			for (Future<?> future : futures) {
				future.get(20, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
			assertThat(executor.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
		}
	}

	/**
	 * One thread's part in a race.
	 */
	@FunctionalInterface
	public interface Racer {

		/**
		 * Takes part.
		 * @param index which thread it is, from 0 on
		 * @throws Exception whatever fails the race
		 */
		void run(int index) throws Exception;

	}

}
