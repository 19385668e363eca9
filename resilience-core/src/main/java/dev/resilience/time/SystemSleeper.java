package dev.resilience.time;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Parks threads and keeps one timer thread for the JVM. The timer thread only hands tasks
 * over to workers of its own, so a task that takes long delays no other. The common pool
 * would not do: on two cores it has one worker, and anybody may block it.
 */
final class SystemSleeper implements Sleeper {

	static final SystemSleeper INSTANCE = new SystemSleeper();

	private final ScheduledThreadPoolExecutor timers;

	private final Executor workers;

	private SystemSleeper() {
		this.timers = new ScheduledThreadPoolExecutor(1, daemons("resilience-timer"));
		this.timers.setRemoveOnCancelPolicy(true);
		this.workers = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 5, TimeUnit.SECONDS, new SynchronousQueue<>(),
				daemons("resilience-worker"));
	}

	private static ThreadFactory daemons(String name) {
		return (task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		};
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
