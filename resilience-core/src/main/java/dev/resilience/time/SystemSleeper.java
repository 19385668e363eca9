package dev.resilience.time;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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

	// What is due runs code of others, callees and whoever waits for results, which may
	// block, and even wait for another task that is due: for a time-out, say. So a task
	// that finds all workers busy gets a new one, up to a bound that no application comes
	// to unless its callees hang. Beyond it, tasks wait in a queue that is not bounded:
	// it only takes what the queue of timers held a moment ago, and whoever sets timers
	// bounds their number.
	//
	// A task of ours that keeps something alive, a lease say, must not wait behind those.
	// Such tasks are brief, and have two threads for themselves.

	private static final int WORKERS = 1024;

	private static final int KEEPERS = 2;

	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

	static final SystemSleeper INSTANCE = new SystemSleeper(WORKERS);

	private final ScheduledThreadPoolExecutor timers;

	private final Workers workers;

	private final Workers keepers;

	SystemSleeper(int threads) {
		this.timers = new ScheduledThreadPoolExecutor(1, Daemons.named("resilience-timer"));
		this.timers.setRemoveOnCancelPolicy(true);
		this.workers = workers("resilience-worker", threads);
		this.keepers = workers("resilience-keeper", KEEPERS);
	}

	private Workers workers(String name, int most) {
		return new Workers(Daemons.named(name), most, this::retry);
	}

	private void retry(Runnable task) {
		Future<?> ignored = this.timers.schedule(task, PAUSE, TimeUnit.NANOSECONDS);
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
			Future<?> started = SystemSleeper.this.timers.schedule(() -> this.executor.execute(this), nanos,
					TimeUnit.NANOSECONDS);
			this.timer = started;
			if (this.task.get() == null) {
				started.cancel(false);
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
