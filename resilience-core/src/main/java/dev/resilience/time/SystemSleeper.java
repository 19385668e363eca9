package dev.resilience.time;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * Parks threads and keeps one timer thread for the JVM. The timer thread only hands tasks
 * over to workers of its own, so a task that takes long delays no other. The common pool
 * would not do: on two cores it has one worker, and anybody may block it.
 */
final class SystemSleeper implements Sleeper {

	// The workers are bounded. A task that finds none free waits in their queue, which is
	// not: it only takes what the queue of timers held a moment ago, and whoever sets
	// timers bounds their number. A bounded queue would have the timer thread try again
	// and again, just when callees hang.
	//
	// A task of ours that keeps something alive, a lease say, must not wait behind those
	// that block all workers. Such tasks are brief, and have two threads for themselves.

	private static final int WORKERS = Math.max(32, 4 * Runtime.getRuntime().availableProcessors());

	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

	static final SystemSleeper INSTANCE = new SystemSleeper(WORKERS);

	private final ScheduledThreadPoolExecutor timers;

	private final ThreadPoolExecutor workers;

	private final ThreadPoolExecutor keepers = pool(2, "resilience-keeper");

	SystemSleeper(int threads) {
		this.timers = new ScheduledThreadPoolExecutor(1, Daemons.named("resilience-timer"));
		this.timers.setRemoveOnCancelPolicy(true);
		this.workers = pool(threads, "resilience-worker");
	}

	private static ThreadPoolExecutor pool(int threads, String name) {
		ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 5, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), Daemons.named(name));
		pool.allowCoreThreadTimeOut(true);
		return pool;
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
		return schedule(task, nanos, this.workers);
	}

	@Override
	public Timer scheduleBrief(Runnable task, long nanos) {
		return schedule(task, nanos, this.keepers);
	}

	private Timer schedule(Runnable task, long nanos, Executor executor) {
		Deferred deferred = new Deferred(task, executor);
		deferred.await(nanos);
		return deferred;
	}

	/**
	 * A task on its way from the timer to a worker.
	 */
	private final class Deferred implements Runnable, Timer {

		private final AtomicReference<@Nullable Runnable> task;

		private final Executor executor;

		private volatile @Nullable Future<?> timer;

		Deferred(Runnable task, Executor executor) {
			this.task = new AtomicReference<>(task);
			this.executor = executor;
		}

		void await(long nanos) {
			Future<?> started = SystemSleeper.this.timers.schedule(this::handOver, nanos, TimeUnit.NANOSECONDS);
			this.timer = started;
			if (this.task.get() == null) {
				started.cancel(false);
			}
		}

		private void handOver() {
			try {
				this.executor.execute(this);
			}
			catch (RuntimeException | Error ex) {
				// There is no thread to be had now; the task must not be lost.
				await(PAUSE);
			}
		}

		@Override
		public void run() {
			Runnable next = this.task.getAndSet(null);
			if (next != null) {
				next.run();
			}
		}

		@Override
		public void cancel() {
			this.task.set(null);
			Future<?> started = this.timer;
			if (started != null) {
				started.cancel(false);
			}
		}

	}

}
