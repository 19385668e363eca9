package dev.resilience.time;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * A bounded number of threads for tasks that may block. Another one is taken only while
 * all are busy, and whoever has had nothing to do for five seconds goes home. Tasks wait
 * in a queue that is not bounded. Thread-safe.
 */
final class Workers implements Executor {

	// A worker that is sent for, be it idle or new, takes a while to come. What arrives
	// meanwhile waits for it, or is taken by one that gets done with its task before. So
	// brief tasks need few workers, however fast they come. As the task of a worker may
	// block, it sends for the next one first if it leaves tasks behind. So one is always
	// on its way while tasks wait, unless there are as many as there may be, or no
	// thread is to be had: then another try follows a moment later.
	//
	// The last to become idle is the first to be sent for, so that the others go home
	// where tasks are few.

	private static final long KEEP_ALIVE = TimeUnit.SECONDS.toNanos(5);

	private final ThreadFactory threads;

	private final int most;

	private final Executor later;

	private final ReentrantLock lock = new ReentrantLock();

	private final Queue<Runnable> tasks = new ArrayDeque<>();

	private final Deque<Worker> idle = new ArrayDeque<>();

	private int size;

	private @Nullable Worker coming;

	private boolean retrying;

	/**
	 * Creates workers; no thread is started before there is a task.
	 * @param threads makes their threads
	 * @param most how many there may be
	 * @param later runs what is to be tried again, a moment later
	 */
	Workers(ThreadFactory threads, int most, Executor later) {
		this.threads = threads;
		this.most = most;
		this.later = later;
	}

	@Override
	public void execute(Runnable task) {
		sendAfter(() -> this.tasks.add(task));
	}

	int waiting() {
		this.lock.lock();
		try {
			return this.tasks.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void sendAfter(Runnable change) {
		Worker hired;
		this.lock.lock();
		try {
			change.run();
			hired = send();
		}
		finally {
			this.lock.unlock();
		}
		start(hired);
	}

	/**
	 * Sends for a worker if tasks wait and none is on its way. Called with the lock held.
	 * @return the worker, if it is a new one that has to be started
	 */
	private @Nullable Worker send() {
		if (this.tasks.isEmpty() || this.coming != null) {
			return null;
		}
		Worker latest = this.idle.pollLast();
		if (latest != null) {
			this.coming = latest;
			latest.sent.signal();
			return null;
		}
		if (this.size == this.most) {
			return null;
		}
		Worker hired = new Worker();
		this.coming = hired;
		this.size++;
		return hired;
	}

	private void start(@Nullable Worker hired) {
		if (hired != null) {
			try {
				this.threads.newThread(hired).start();
			}
			catch (Throwable ex) {
				tryLater(hired);
			}
		}
	}

	private void tryLater(Worker missing) {
		this.lock.lock();
		try {
			remove(missing);
			if (!this.retrying) {
				this.later.execute(() -> sendAfter(() -> this.retrying = false));
				this.retrying = true;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The next task for a worker.
	 * @return the task, or {@code null} when it may go home
	 */
	private @Nullable Runnable next(Worker worker) {
		Runnable task;
		Worker hired;
		this.lock.lock();
		try {
			do {
				arrived(worker);
				task = this.tasks.poll();
			}
			while (task == null && waitIdle(worker));
			hired = send();
		}
		finally {
			this.lock.unlock();
		}
		start(hired);
		return task;
	}

	/**
	 * Waits for being sent for. Called with the lock held.
	 * @return whether that came before it was time to go home
	 */
	private boolean waitIdle(Worker worker) {
		this.idle.addLast(worker);
		long left = KEEP_ALIVE;
		while (this.coming != worker && left > 0) {
			try {
				left = worker.sent.awaitNanos(left);
			}
			catch (InterruptedException ex) {
				// It came too late for the task that it was meant for.
			}
		}
		if (this.coming == worker) {
			return true;
		}
		this.idle.remove(worker);
		return false;
	}

	private void arrived(Worker worker) {
		if (this.coming == worker) {
			this.coming = null;
		}
	}

	private void remove(Worker worker) {
		arrived(worker);
		this.size--;
	}

	private final class Worker implements Runnable {

		private final Condition sent = Workers.this.lock.newCondition();

		@Override
		public void run() {
			try {
				Runnable task = next(this);
				while (task != null) {
					Thread.interrupted();
					task.run();
					task = next(this);
				}
			}
			finally {
				// A task may have come just now, or thrown.
				sendAfter(() -> remove(this));
			}
		}

	}

}
