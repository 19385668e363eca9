package dev.resilience.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server, counts the round trips, and loses things.
 */
final class FaultyProxy implements AutoCloseable {

	private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

	private final int target;

	private final List<Pair> pairs = new CopyOnWriteArrayList<>();

	private final AtomicReference<@Nullable Plan> plan = new AtomicReference<>();

	private final AtomicInteger roundTrips = new AtomicInteger();

	private volatile boolean silent;

	FaultyProxy(int target) throws IOException {
		this.target = target;
		daemon(this::accept);
	}

	String uri() {
		return "redis://127.0.0.1:" + this.listener.getLocalPort();
	}

	/**
	 * How often a client had to wait for an answer before it went on.
	 */
	int roundTrips() {
		return this.roundTrips.get();
	}

	/**
	 * Does something to the next request that has a command in it, or to its answer.
	 */
	void next(String command, Fault fault) {
		this.plan.set(new Plan("\r\n" + command + "\r\n", fault));
	}

	/**
	 * Whether what was planned has not happened yet.
	 */
	boolean isPending() {
		return this.plan.get() != null;
	}

	/**
	 * From now on takes everything and answers nothing, also on new connections.
	 */
	void swallowAll() {
		this.silent = true;
	}

	/**
	 * Ends {@link #swallowAll()} for new connections, and cuts the old ones.
	 */
	void heal() {
		this.silent = false;
		this.pairs.forEach(Pair::cut);
	}

	private void accept() throws IOException {
		while (true) {
			Pair pair = new Pair(this.listener.accept(), new Socket(InetAddress.getLoopbackAddress(), this.target));
			this.pairs.add(pair);
			daemon(pair::forwardRequests);
			daemon(pair::forwardAnswers);
		}
	}

	private static void daemon(Pump pump) {
		Thread thread = new Thread(() -> {
			try {
				pump.run();
			}
			catch (IOException ex) {
				// One side has gone.
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		this.pairs.forEach(Pair::cut);
	}

	/**
	 * What can happen.
	 */
	enum Fault {

		/** The connection is cut before the request has got through. */
		CUT_BEFORE,

		/** The connection is cut when the server has answered. */
		CUT_AFTER,

		/** From the request on, nothing gets through on its connection. */
		SILENT_BEFORE,

		/** The server gets everything on its connection, and the client nothing. */
		SILENT_AFTER

	}

	private record Plan(String command, Fault fault) {
	}

	private interface Pump {

		void run() throws IOException;

	}

	private final class Pair {

		private final Socket client;

		private final Socket server;

		private volatile @Nullable Fault fault;

		private volatile boolean answered = true;

		Pair(Socket client, Socket server) {
			this.client = client;
			this.server = server;
		}

		void forwardRequests() throws IOException {
			forward(this.client, this.server, (bytes) -> {
				Plan next = FaultyProxy.this.plan.get();
				if (next != null && new String(bytes, StandardCharsets.ISO_8859_1).contains(next.command)
						&& FaultyProxy.this.plan.compareAndSet(next, null)) {
					this.fault = next.fault;
				}
				if (this.answered) {
					this.answered = false;
					FaultyProxy.this.roundTrips.getAndIncrement();
				}
				return passes(Fault.CUT_BEFORE, Fault.SILENT_BEFORE);
			});
		}

		void forwardAnswers() throws IOException {
			forward(this.server, this.client, (bytes) -> {
				this.answered = true;
				return passes(Fault.CUT_AFTER, Fault.SILENT_AFTER);
			});
		}

		private boolean passes(Fault cutting, Fault silencing) {
			if (this.fault == cutting) {
				cut();
			}
			return this.fault != cutting && this.fault != silencing && !FaultyProxy.this.silent;
		}

		private void forward(Socket from, Socket to, Filter filter) throws IOException {
			try (from; to) {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				byte[] buffer = new byte[65_536];
				for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
					if (filter.passes(Arrays.copyOf(buffer, read))) {
						out.write(buffer, 0, read);
					}
				}
			}
		}

		void cut() {
			try (this.client; this.server) {
				this.fault = Fault.SILENT_BEFORE;
			}
			catch (IOException ex) {
				// It was cut already.
			}
		}

	}

	private interface Filter {

		boolean passes(byte[] bytes);

	}

}
