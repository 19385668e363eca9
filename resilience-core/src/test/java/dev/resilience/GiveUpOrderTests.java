package dev.resilience;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.time.FakeTicker;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * In which order work whose time is over is given up and its caller told.
 */
class GiveUpOrderTests {

	private final FakeTicker ticker = new FakeTicker();

	private final Timeout timeout = new Timeout("t", TimeoutConfig.builder().duration(Duration.ofSeconds(1)).build(),
			this.ticker.source());

	@Test
	@Trap(22)
	void callAsyncWhenTimeIsOverShouldGiveTheWorkUpBeforeTheCallerIsTold() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		AtomicBoolean givenUp = new AtomicBoolean();
		this.timeout.callAsync(() -> callee).whenComplete((value, failure) -> givenUp.set(callee.isCancelled()));
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(givenUp).as("another attempt would run beside it").isTrue();
	}

	@Test
	@Trap(22)
	void callAsyncWhenTimeIsOverWhileTheWorkBeginsShouldGiveItUp() throws Exception {
		Slow slow = new Slow(this.ticker);
		CompletableFuture<String> callee = new CompletableFuture<>();
		Thread timer = new Thread(() -> this.ticker.advance(Duration.ofSeconds(1)));
		Pipeline.of(slow, this.timeout).callAsync(() -> {
			timer.start();
			slow.await(slow.hears);
			return callee;
		});
		slow.goesOn.countDown();
		timer.join(5000);
		assertThat(callee).isCancelled();
	}

	/**
	 * A gate that is held up while it hears of a failure.
	 */
	private static final class Slow extends Gate {

		private final CountDownLatch hears = new CountDownLatch(1);

		private final CountDownLatch goesOn = new CountDownLatch(1);

		Slow(FakeTicker ticker) {
			super("slow", "s", ticker.source(), List.of());
		}

		void await(CountDownLatch latch) {
			try {
				latch.await(5, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		protected Admission admit(CallContext context) {
			return new Permit() {

				@Override
				public void succeeded(@Nullable Object value, long nanos) {
				}

				@Override
				public void failed(Throwable cause, long nanos) {
					Slow.this.hears.countDown();
					await(Slow.this.goesOn);
				}

				@Override
				public void abandoned() {
				}

			};
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "UP", List.of("UP")).build();
		}

	}

}
