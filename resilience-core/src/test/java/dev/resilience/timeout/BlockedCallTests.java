package dev.resilience.timeout;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import dev.resilience.CallTimeoutException;
import dev.resilience.ModelTests;
import dev.resilience.RecordingListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Calls that really block, on real time.
 */
@org.junit.jupiter.api.Timeout(60)
class BlockedCallTests {

	private static final Duration SHORT = Duration.ofMillis(15);

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void callWhenReadingASocketShouldReturnTheLateValueAndTell() throws Exception {
		RecordingListener events = new RecordingListener();
		Timeout timeout = timeout(SHORT, true);
		timeout.addListener(events);
		Thread caller = Thread.currentThread();
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
				Socket accepted = server.accept()) {
			Thread answering = new Thread(() -> answerOnceInterrupted(caller, accepted));
			answering.start();
			assertThat(timeout.call(() -> client.getInputStream().read())).isEqualTo(42);
			answering.join();
		}
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(timeout.snapshot().calls()).containsEntry("late", 1L)
			.containsEntry("succeeded", 0L)
			.containsEntry("timed-out", 0L);
		assertThat(events.await(1).get(0).message()).contains("it was not to be stopped");
	}

	private static void answerOnceInterrupted(Thread caller, Socket socket) {
		while (!caller.isInterrupted()) {
			LockSupport.parkNanos(100_000);
		}
		try {
			socket.getOutputStream().write(42);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static Stream<Callable<Object>> blocking() {
		return Stream.of(BlockedCallTests::waitOnAMonitor, BlockedCallTests::park,
				() -> new LinkedBlockingQueue<>().take(), () -> new CompletableFuture<>().get());
	}

	@ParameterizedTest
	@MethodSource("blocking")
	void callWhenBlockedShouldBeStopped(Callable<Object> work) {
		Timeout timeout = timeout(SHORT, true);
		assertStopped(timeout, work);
		assertThat(timeout.snapshot().calls()).containsEntry("timed-out", 1L);
	}

	@ParameterizedTest
	@MethodSource("blocking")
	void callWhenTheOuterTimeIsShorterShouldStopTheInnerForTheOuter(Callable<Object> work) {
		Timeout outer = timeout(SHORT, true);
		Timeout inner = timeout(Duration.ofMinutes(1), true);
		assertStopped(outer, () -> inner.call(work));
		assertThat(inner.snapshot().calls()).containsEntry("failed", 1L);
		assertThat(outer.snapshot().calls()).containsEntry("timed-out", 1L);
	}

	@Test
	void callWhenTheInnerTimeIsShorterShouldStopTheOuterAgainLater() {
		Timeout outer = timeout(SHORT.multipliedBy(50), true);
		Timeout inner = timeout(SHORT, true);
		assertStopped(outer, () -> {
			assertStopped(inner, BlockedCallTests::park);
			return park();
		});
		assertThat(inner.snapshot().calls()).containsEntry("timed-out", 1L);
		assertThat(outer.snapshot().calls()).containsEntry("timed-out", 1L);
	}

	private static void assertStopped(Timeout timeout, Callable<Object> work) {
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> timeout.call(work))
			.satisfies((ex) -> assertThat(ex.rejection().policy()).isSameAs(timeout));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callOnAFileChannelWhenItMayInterruptShouldCloseTheChannel(@TempDir Path directory) throws Exception {
		try (FileChannel channel = FileChannel.open(Files.writeString(directory.resolve("file"), "content"))) {
			assertThatExceptionOfType(CallTimeoutException.class)
				.isThrownBy(() -> timeout(SHORT, true).call(() -> readAfter(SHORT.multipliedBy(4), channel)))
				.withCauseInstanceOf(ClosedByInterruptException.class);
			assertThat(channel.isOpen()).isFalse();
		}
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callOnAFileChannelWhenItMayNotInterruptShouldLeaveTheChannelOpen(@TempDir Path directory) throws Exception {
		Timeout timeout = timeout(SHORT, false);
		try (FileChannel channel = FileChannel.open(Files.writeString(directory.resolve("file"), "content"))) {
			assertThat(timeout.call(() -> readAfter(SHORT.multipliedBy(4), channel))).isEqualTo(7);
			assertThat(channel.isOpen()).isTrue();
		}
		assertThat(timeout.snapshot().calls()).containsEntry("late", 1L);
	}

	/**
	 * Reads when the time is over, whoever interrupts.
	 */
	private static int readAfter(Duration duration, FileChannel channel) throws IOException {
		long begin = System.nanoTime();
		while (System.nanoTime() - begin < duration.toNanos()) {
			Thread.onSpinWait();
		}
		return channel.read(ByteBuffer.allocate(100));
	}

	@Test
	void callWhenOthersInterruptAtAnyMomentShouldNeitherSwallowNorLeakAny() throws Exception {
		storm();
	}

	@Test
	void callOnAVirtualThreadShouldBeStoppedAndKeepInterruptsApart() throws Exception {
		onVirtualThread(() -> {
			blocking().forEach((work) -> assertStopped(timeout(SHORT, true), work));
			storm();
			return "done";
		});
	}

	/**
	 * Calls whose time is over about when they end, while somebody else interrupts about
	 * every second of them.
	 */
	private static void storm() throws Exception {
		Random random = new Random(7);
		Thread caller = Thread.currentThread();
		for (int call = 0; call < 300 * ModelTests.effort(); call++) {
			AtomicBoolean sent = new AtomicBoolean();
			long moment = random.nextInt(3_000_000);
			long length = random.nextInt(3_000_000);
			boolean foreign = random.nextBoolean();
			Thread other = new Thread(() -> {
				if (foreign) {
					LockSupport.parkNanos(moment);
					sent.set(true);
					caller.interrupt();
				}
			});
			Timeout timeout = timeout(Duration.ofNanos(1 + random.nextInt(3_000_000)), true);
			boolean stopped = false;
			boolean seen = false;
			other.start();
			try {
				timeout.call(() -> new LinkedBlockingQueue<>().poll(length, TimeUnit.NANOSECONDS));
			}
			catch (CallTimeoutException ex) {
				stopped = true;
			}
			catch (InterruptedException ex) {
				seen = true;
			}
			boolean before = sent.get();
			boolean flag = Thread.interrupted();
			assertThat((seen || flag) && !sent.get()).as("leaked by call %s", call).isFalse();
			joinUninterruptibly(other);
			boolean later = Thread.interrupted();
			seen = seen || flag || later;
			stopped = stopped || !Long.valueOf(0).equals(timeout.snapshot().calls().get("late"));
			// One bit stands for both where ours came first.
			assertThat(seen || stopped || !foreign).as("swallowed by call %s, %s", call, before).isTrue();
		}
	}

	private static void joinUninterruptibly(Thread thread) {
		boolean interrupted = false;
		while (thread.isAlive()) {
			try {
				thread.join();
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	private static void onVirtualThread(Callable<Object> work) throws Exception {
		Method start = Stream.of(Thread.class.getMethods())
			.filter((method) -> method.getName().equals("startVirtualThread"))
			.findFirst()
			.orElse(null);
		Assumptions.assumeTrue(start != null && Runtime.version().feature() >= 21, "needs virtual threads");
		CompletableFuture<Object> done = new CompletableFuture<>();
		Runnable task = () -> {
			try {
				done.complete(work.call());
			}
			catch (Throwable ex) {
				done.completeExceptionally(ex);
			}
		};
		start.invoke(null, task);
		try {
			assertThat(done.get()).isEqualTo("done");
		}
		catch (ExecutionException ex) {
			throw new AssertionError(ex.getCause());
		}
	}

	private static Object waitOnAMonitor() throws InterruptedException {
		Object monitor = new Object();
		synchronized (monitor) {
			while (true) {
				monitor.wait();
			}
		}
	}

	private static Object park() throws InterruptedException {
		while (!Thread.interrupted()) {
			LockSupport.park();
		}
		throw new InterruptedException();
	}

	private static Timeout timeout(Duration duration, boolean interrupt) {
		return Timeout.of("blocked", new TimeoutConfig(duration, interrupt));
	}

}
