package dev.resilience.time;

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

	// The workers are bounded, and so is their queue. A task that finds no room is never
	// dropped, and never run by the timer thread, which it could block: it stays a timer,
	// and is handed over a little later. So tasks that wait for a worker cost what timers
	// cost that wait for their time, their number is bounded by whoever sets timers, and
	// cancelling frees them all the same.

	private static final int WORKERS = Math.max(32, 4 * Runtime.getRuntime().availableProcessors());

	private static final int QUEUE = 1024;

	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

	static final SystemSleeper INSTANCE = new SystemSleeper(WORKERS, QUEUE);

	private final ScheduledThreadPoolExecutor timers;

	private final ThreadPoolExecutor workers;

	SystemSleeper(int threads, int queue) {
		this.timers = new ScheduledThreadPoolExecutor(1, Daemons.named("resilience-timer"));
		this.timers.setRemoveOnCancelPolicy(true);
		this.workers = new ThreadPoolExecutor(threads, threads, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(queue),
				Daemons.named("resilience-worker"));
		this.workers.allowCoreThreadTimeOut(true);
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
		Deferred deferred = new Deferred(task);
		deferred.await(nanos);
		return deferred;
	}

	/**
	 * A task on its way from the timer to a worker.
	 */
	private final class Deferred implements Runnable, Timer {

		private final AtomicReference<@Nullable Runnable> task;

		private volatile @Nullable Future<?> timer;

		Deferred(Runnable task) {
			this.task = new AtomicReference<>(task);
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
				SystemSleeper.this.workers.execute(this);
			}
			catch (RuntimeException | Error ex) {
				// No room in the queue, or no thread to be had.
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
