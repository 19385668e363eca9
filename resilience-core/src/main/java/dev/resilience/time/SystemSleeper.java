package dev.resilience.time;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
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

	// What is due runs code of others, callees and whoever waits for results, which may
	// block, and even wait for another task that is due: for a time-out, say. So a task
	// that finds all workers busy gets a new one, up to a bound that no application comes
	// to unless its callees hang. Beyond it, tasks wait in a queue that is not bounded:
	// it
	// only takes what the queue of timers held a moment ago, and whoever sets timers
	// bounds their number.
	//
	// A task of ours that keeps something alive, a lease say, must not wait behind those.
	// Such tasks are brief, and have two threads for themselves.

	private static final int WORKERS = 1024;

	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

	static final SystemSleeper INSTANCE = new SystemSleeper(WORKERS);

	private final ScheduledThreadPoolExecutor timers;

	private final ThreadPoolExecutor workers;

	private final ThreadPoolExecutor keepers = pool(2, "resilience-keeper", new LinkedBlockingQueue<>());

	SystemSleeper(int threads) {
		this.timers = new ScheduledThreadPoolExecutor(1, Daemons.named("resilience-timer"));
		this.timers.setRemoveOnCancelPolicy(true);
		this.workers = growing(threads);
	}

	private static ThreadPoolExecutor pool(int threads, String name, BlockingQueue<Runnable> queue) {
		ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 5, TimeUnit.SECONDS, queue,
				Daemons.named(name));
		pool.allowCoreThreadTimeOut(true);
		return pool;
	}

	/**
	 * A pool that begins with one thread, and takes another only when all are busy.
	 */
	private static ThreadPoolExecutor growing(int most) {
		Handover handover = new Handover();
		ThreadPoolExecutor pool = pool(1, "resilience-worker", handover);
		pool.setMaximumPoolSize(most);
		pool.setRejectedExecutionHandler((task, full) -> {
			handover.queue(task);
			// The workers may all have gone home just now.
			full.prestartCoreThread();
		});
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

	/**
	 * A queue that takes a task only if somebody waits for it; the pool makes a thread
	 * for any other, or, if it has as many as it may, has it {@linkplain #queue queued}.
	 * Of those who wait, the last to come is the first to be woken, so that the others go
	 * home where tasks are few. A task is anybody's: none is lost with who was woken.
	 */
	private static final class Handover extends LinkedTransferQueue<Runnable> {

		private static final long serialVersionUID = 1L;

		private final transient Deque<Semaphore> idle = new ArrayDeque<>();

		@Override
		public boolean offer(Runnable task) {
			synchronized (this.idle) {
				Semaphore latest = this.idle.pollLast();
				if (latest != null) {
					super.offer(task);
					latest.release();
				}
				return latest != null;
			}
		}

		void queue(Runnable task) {
			synchronized (this.idle) {
				if (!offer(task)) {
					super.offer(task);
				}
			}
		}

		@Override
		public @Nullable Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
			Semaphore turn = new Semaphore(0);
			synchronized (this.idle) {
				Runnable queued = poll();
				if (queued != null) {
					return queued;
				}
				this.idle.addLast(turn);
			}
			try {
				turn.tryAcquire(timeout, unit);
			}
			finally {
				synchronized (this.idle) {
					this.idle.remove(turn);
				}
			}
			return poll();
		}

	}

}
