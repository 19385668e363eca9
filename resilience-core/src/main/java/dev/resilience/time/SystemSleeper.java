package dev.resilience.time;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Parks threads and keeps one timer thread for the JVM. The timer thread only hands tasks
 * over to the common pool, so a task that takes long delays no other.
 */
final class SystemSleeper implements Sleeper {

	static final SystemSleeper INSTANCE = new SystemSleeper();

	private final ScheduledThreadPoolExecutor timers;

	private final Executor workers = ForkJoinPool.commonPool();

	private SystemSleeper() {
		this.timers = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "resilience-timer");
			thread.setDaemon(true);
			return thread;
		});
		this.timers.setRemoveOnCancelPolicy(true);
	}

	@Override
	public void sleep(long nanos) throws InterruptedException {
		long start = System.nanoTime();
		long left = nanos;
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		while (left > 0) {
			LockSupport.parkNanos(this, left);
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			left = nanos - (System.nanoTime() - start);
		}
	}

	@Override
	public Timer schedule(Runnable task, long nanos) {
		ScheduledFuture<?> future = this.timers.schedule(() -> this.workers.execute(task), nanos, TimeUnit.NANOSECONDS);
		return () -> future.cancel(false);
	}

}
