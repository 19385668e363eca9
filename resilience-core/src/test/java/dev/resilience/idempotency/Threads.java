package dev.resilience.idempotency;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * Threads for tests.
 */
public final class Threads {

	private Threads() {
	}

	/**
	 * Runs a task on a thread of its own, and waits until that thread waits.
	 */
	public static <T extends @Nullable Object> FutureTask<T> untilWaiting(Callable<T> task) {
		FutureTask<T> future = new FutureTask<>(task);
		waiting(future);
		return future;
	}

	public static Thread waiting(FutureTask<?> future) {
		Thread thread = new Thread(future);
		thread.setDaemon(true);
		thread.start();
		eventually().until(() -> future.isDone() || thread.getState() == Thread.State.WAITING
				|| thread.getState() == Thread.State.TIMED_WAITING);
		return thread;
	}

	public static ConditionFactory eventually() {
		return Awaitility.await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(1));
	}

	/**
	 * Runs a task many times at once.
	 */
	public static <T> List<T> together(ExecutorService executor, int times, Callable<T> task) throws Exception {
		CountDownLatch start = new CountDownLatch(1);
		List<Future<T>> futures = new ArrayList<>();
		for (int index = 0; index < times; index++) {
			futures.add(executor.submit(() -> {
				start.await();
				return task.call();
			}));
		}
		start.countDown();
		List<T> results = new ArrayList<>();
		for (Future<T> future : futures) {
			results.add(future.get());
		}
		return results;
	}

	public static <T> List<T> together(int times, Callable<T> task) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(times);
		try {
			return together(executor, times, task);
		}
		finally {
			executor.shutdownNow();
		}
	}

}
