package dev.resilience;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import dev.resilience.time.FakeTicker;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(20)
class SubscriptionTests {

	private final TellingPolicy policy = new TellingPolicy();

	private final RecordingListener events = new RecordingListener();

	@Test
	void publishWhenEventsAreManyShouldDeliverThemInOrder() {
		this.policy.addListener(this.events);
		for (int index = 0; index < 500; index++) {
			this.policy.tell(index);
		}
		assertThat(numbers(this.events.await(500))).isEqualTo(IntStream.range(0, 500).boxed().toList());
	}

	@Test
	void publishWhenListenerHasBeenIdleShouldDeliverAgain() {
		this.policy.addListener(this.events);
		for (int index = 0; index < 50; index++) {
			this.policy.tell(index);
			assertThat(this.events.await(index + 1)).hasSize(index + 1);
		}
	}

	@Test
	void publishWhenListenerThrowsShouldStillDeliverTheNextEvent() {
		List<Throwable> faults = List.of(new IllegalStateException("fault"), new AssertionError("fault"),
				new NoClassDefFoundError("fault"), new StackOverflowError(), new OutOfMemoryError("fault"));
		List<Integer> heard = new CopyOnWriteArrayList<>();
		this.policy.addListener((event) -> {
			int number = number(event);
			heard.add(number);
			if (number < faults.size()) {
				throw Sneaky.sneaky(faults.get(number));
			}
		});
		this.policy.addListener(this.events);
		for (int index = 0; index <= faults.size(); index++) {
			this.policy.tell(index);
		}
		assertThat(this.events.await(faults.size() + 1)).hasSize(faults.size() + 1);
		Awaitility.await()
			.pollInterval(Duration.ofMillis(1))
			.untilAsserted(() -> assertThat(heard).containsExactly(0, 1, 2, 3, 4, 5));
	}

	@Test
	@Trap(48)
	void publishWhenListenerBlocksShouldDelayNobodyAndDropWhatExceedsItsQueue() throws Exception {
		CountDownLatch blocked = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		RecordingListener late = new RecordingListener();
		this.policy.addListener((event) -> {
			if (blocked.getCount() > 0) {
				blocked.countDown();
				await(release);
			}
			late.onEvent(event);
		});
		this.policy.tell(0);
		assertThat(blocked.await(5, TimeUnit.SECONDS)).isTrue();
		this.policy.addListener(this.events);
		for (int index = 1; index <= 1000; index++) {
			this.policy.tell(index);
		}
		assertThat(this.events.await(1000)).hasSize(1000);
		for (int index = 1001; index <= 3000; index++) {
			this.policy.tell(index);
		}
		assertThat(late.events()).as("the listener is still blocked").isEmpty();
		release.countDown();
		assertThat(numbers(late.await(1 + Subscription.CAPACITY)))
			.isEqualTo(IntStream.rangeClosed(0, Subscription.CAPACITY).boxed().toList());
		this.policy.tell(-1);
		assertThat(numbers(late.await(2 + Subscription.CAPACITY))).endsWith(-1);
	}

	@Test
	void publishWhenListenerIsTooSlowShouldTellItHowManyWereLost() {
		CountDownLatch release = new CountDownLatch(1);
		CountDownLatch heard = new CountDownLatch(1);
		AtomicLong dropped = new AtomicLong();
		this.policy.addListener(new PolicyListener() {
			@Override
			public void onEvent(PolicyEvent event) {
				heard.countDown();
				await(release);
			}

			@Override
			public void onDropped(long count) {
				dropped.addAndGet(count);
			}
		});
		this.policy.tell(0);
		await(heard);
		for (int index = 0; index < Subscription.CAPACITY + 7; index++) {
			this.policy.tell(index);
		}
		release.countDown();
		Awaitility.await().until(() -> dropped.get() == 7);
	}

	@Test
	void removeListenerWhenAddedShouldHearNoMore() {
		RecordingListener removed = new RecordingListener();
		this.policy.addListener(removed);
		this.policy.addListener(this.events);
		this.policy.tell(0);
		removed.await(1);
		this.policy.removeListener(removed);
		this.policy.tell(1);
		this.events.await(2);
		assertThat(removed.events()).hasSize(1);
	}

	@Test
	void publishWhenHeardShouldBeOnAThreadOfItsOwn() {
		List<Thread> threads = new CopyOnWriteArrayList<>();
		this.policy.addListener((event) -> threads.add(Thread.currentThread()));
		this.policy.addListener(this.events);
		this.policy.tell(0);
		this.events.await(1);
		Awaitility.await().until(() -> threads.size() == 1);
		assertThat(threads.get(0)).isNotSameAs(Thread.currentThread());
		assertThat(threads.get(0).isDaemon()).isTrue();
	}

	@Test
	void publishWhenTheFirstToNeedAThreadHasThreadLocalsShouldNotHandThemOn() {
		InheritableThreadLocal<String> tenant = new InheritableThreadLocal<>();
		List<String> seen = new CopyOnWriteArrayList<>();
		CountDownLatch all = new CountDownLatch(64);
		for (int index = 0; index < 64; index++) {
			this.policy.addListener((event) -> {
				seen.add(String.valueOf(tenant.get()));
				all.countDown();
				await(all);
			});
		}
		tenant.set("acme");
		try {
			this.policy.tell(0);
		}
		finally {
			tenant.remove();
		}
		await(all);
		assertThat(seen).containsOnly("null");
	}

	private static List<Integer> numbers(List<PolicyEvent> events) {
		return events.stream().map(SubscriptionTests::number).toList();
	}

	private static int number(PolicyEvent event) {
		return Integer.parseInt(event.message());
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(5, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static final class TellingPolicy extends Gate {

		TellingPolicy() {
			super("telling", "telling", new FakeTicker().source(), List.of());
		}

		void tell(int number) {
			publish("told", Integer.toString(number), Map.of());
		}

		@Override
		protected Admission admit(CallContext context) {
			return Permit.INERT;
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "TELLING", List.of("TELLING")).build();
		}

	}

}
