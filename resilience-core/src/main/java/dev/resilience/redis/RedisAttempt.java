package dev.resilience.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.protocol.AsyncCommand;

/**
 * A try to connect, and the connection that came of it. Thread-safe.
 */
final class RedisAttempt {

	// Lettuce's connect has no limit as a whole: it may ask several sentinels, and each
	// step may take its time. So there is one here.
	//
	// A network that loses packets without a word leaves a connection that looks alive
	// for a quarter of an hour. So one that has not answered anything for a whole
	// time-out is given up. One that has never answered may only be new to a slow server:
	// it is given a second at least.
	//
	// Lettuce refuses a command when too many wait for answers. Those would be lost with
	// the connection, so it is kept. A refusal has the type that a lost connection's
	// failures have, but then the connection is closed before commands fail.
	//
	// A cluster's connection takes several commands at once only when it is connected to
	// their node. Otherwise it blocks the thread, which may be the very one that is to
	// read the node's answer. One by one, commands wait without a thread.

	private final CompletableFuture<StatefulConnection<byte[], byte[]>> connection = new CompletableFuture<>();

	private final long begin;

	private volatile boolean last;

	private volatile boolean lost;

	private volatile boolean heard;

	private volatile long heardAt;

	RedisAttempt(long begin) {
		this.begin = begin;
		this.heardAt = begin;
	}

	/**
	 * One that has failed, and after which none comes.
	 */
	static RedisAttempt last(long now) {
		RedisAttempt last = new RedisAttempt(now);
		last.connection.cancel(false);
		last.last = true;
		return last;
	}

	void begin(Supplier<CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connector, Duration limit) {
		CompletionStage<? extends StatefulConnection<byte[], byte[]>> stage;
		try {
			stage = connector.get();
		}
		catch (RuntimeException ex) {
			stage = CompletableFuture.failedFuture(ex);
		}
		stage.whenComplete((present, failure) -> {
			if (failure != null) {
				this.connection.completeExceptionally(failure);
			}
			else if (!this.connection.complete(present)) {
				close(present);
			}
		});
		if (!this.connection.isDone()) {
			CompletableFuture.delayedExecutor(limit.toNanos(), TimeUnit.NANOSECONDS)
				.execute(() -> this.connection
					.completeExceptionally(new RedisConnectionException("There was no connection within " + limit)));
		}
	}

	private CompletionStage<StatefulConnection<byte[], byte[]>> connection() {
		return this.connection;
	}

	/**
	 * Sends commands when there is a connection. They fail if there comes none.
	 */
	void dispatch(List<? extends AsyncCommand<byte[], byte[], ?>> commands) {
		connection().whenComplete((present, failure) -> {
			try {
				if (present instanceof StatefulRedisClusterConnection) {
					commands.forEach(present::dispatch);
				}
				else if (present != null) {
					present.dispatch(commands);
				}
			}
			catch (RuntimeException ex) {
				failure = ex;
			}
			if (failure != null) {
				for (AsyncCommand<byte[], byte[], ?> command : commands) {
					command.completeExceptionally(failure);
				}
			}
		});
	}

	/**
	 * Closes the connection, when it is there.
	 */
	void close() {
		connection().thenAccept(RedisAttempt::close);
	}

	private static void close(StatefulConnection<byte[], byte[]> present) {
		CompletionStage<Void> ignored = present.closeAsync();
	}

	/**
	 * The server has answered a command.
	 */
	void heard(long now) {
		this.heardAt = now;
		this.heard = true;
	}

	/**
	 * Whether the server has answered nothing since a command was sent that got no answer
	 * in time.
	 */
	boolean isSilentSince(long sentAt, long now) {
		return this.heardAt - sentAt < 0 && (this.heard || mayBeFollowed(now));
	}

	/**
	 * Whether a command was only refused, and the connection is as good as before.
	 */
	boolean isRefusal(Throwable failure) {
		return failure.getClass() == RedisException.class && this.connection.isDone()
				&& !this.connection.isCompletedExceptionally() && this.connection.join().isOpen();
	}

	/**
	 * The connection is of no use any more.
	 */
	void lose() {
		this.lost = true;
		close();
	}

	/**
	 * Whether it failed or was lost, and another one may follow by now.
	 */
	boolean isOver(long now) {
		if (this.last || !this.connection.isDone()) {
			return false;
		}
		if (this.connection.isCompletedExceptionally()) {
			return mayBeFollowed(now);
		}
		return (this.lost || !this.connection.join().isOpen()) && (this.heard || mayBeFollowed(now));
	}

	private boolean mayBeFollowed(long now) {
		return now - this.begin > RedisLink.RETRY.toNanos();
	}

}
