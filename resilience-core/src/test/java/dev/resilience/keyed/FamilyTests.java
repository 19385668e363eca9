package dev.resilience.keyed;

import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(30)
class FamilyTests {

	private final AtomicInteger made = new AtomicInteger();

	private final Family<Counter> family = new Family<>(100, () -> new Counter(this.made.getAndIncrement()));

	@Test
	void memberWhenKeyIsTheSameShouldBeTheSame() {
		Counter member = this.family.member("tenant");
		assertThat(this.family.member("tenant")).isSameAs(member);
		assertThat(this.family.member(CharBuffer.wrap("tenant"))).isSameAs(member);
		assertThat(this.family.member("other")).isNotSameAs(member);
		assertThat(this.family.size()).isEqualTo(2);
	}

	@Test
	void memberWhenFullOfUsedMembersShouldShareTheOverflow() {
		List<Counter> used = new ArrayList<>();
		for (int key = 0; key < 100; key++) {
			used.add(this.family.member(key));
			used.get(key).value.incrementAndGet();
		}
		Counter overflow = this.family.member("newcomer");
		for (int flood = 0; flood < 10_000; flood++) {
			assertThat(this.family.member("flood-" + flood)).isSameAs(overflow);
		}
		assertThat(this.family.size()).isEqualTo(100);
		for (int key = 0; key < 100; key++) {
			assertThat(this.family.member(key)).as("nobody's limit is reset").isSameAs(used.get(key));
			assertThat(used.get(key).isRetired()).isFalse();
		}
		assertThat(overflow.isRetired()).isFalse();
	}

	@Test
	void memberWhenFullShouldEvictFreshMembersOnly() {
		Counter used = this.family.member("used");
		used.value.incrementAndGet();
		Counter fresh = this.family.member("fresh");
		for (int flood = 0; flood < 10_000; flood++) {
			Counter member = this.family.member("flood-" + flood);
			assertThat(member.id).as("a member of its own").isNotZero();
		}
		assertThat(this.family.size()).isEqualTo(100);
		assertThat(fresh.isRetired()).isTrue();
		assertThat(this.family.member("used")).isSameAs(used);
		assertThat(used.isRetired()).isFalse();
	}

	@Test
	void memberWhenMembersBecomeFreshAgainShouldLeaveTheOverflow() {
		List<Counter> used = new ArrayList<>();
		for (int key = 0; key < 100; key++) {
			used.add(this.family.member(key));
			used.get(key).value.incrementAndGet();
		}
		assertThat(this.family.member("newcomer").id).isZero();
		used.forEach((member) -> member.value.set(0));
		assertThat(this.family.member("newcomer").id).isNotZero();
	}

	@Test
	void memberWhenKeyIsLongShouldKeepADigest() throws Exception {
		String longKey = "x".repeat(100_000);
		Counter member = this.family.member(longKey);
		assertThat(this.family.member("x".repeat(100_000))).isSameAs(member);
		assertThat(this.family.member("x".repeat(99_999) + "y")).isNotSameAs(member);
		assertThat(this.family.member("x".repeat(128) + '\uD800')).as("which no encoder tells from the next")
			.isNotSameAs(this.family.member("x".repeat(128) + '\uD801'));
		assertThat(this.family.member("x".repeat(128))).isNotSameAs(this.family.member("x".repeat(129)));
		String digest = HexFormat.of()
			.formatHex(MessageDigest.getInstance("SHA-256").digest(longKey.getBytes(StandardCharsets.UTF_16BE)));
		assertThat(this.family.member(digest)).as("nobody takes another's place by its digest").isNotSameAs(member);
	}

	@Test
	void forgetWhenKeyHasAMemberShouldBeginAfresh() {
		Counter member = this.family.member("tenant");
		member.value.incrementAndGet();
		assertThat(this.family.forget("tenant")).isTrue();
		assertThat(this.family.forget("tenant")).isFalse();
		assertThat(member.isRetired()).isTrue();
		assertThat(this.family.member("tenant")).isNotSameAs(member);
		assertThat(this.family.size()).isEqualTo(1);
	}

	@Test
	void memberWhenUseComesBeforeRetirementShouldBeKept() {
		Family<Counter> small = new Family<>(1, () -> new Counter(this.made.getAndIncrement()));
		Counter member = small.member("tenant");
		member.afterAsked = List.of(() -> {
			member.value.incrementAndGet();
			assertThat(member.isRetired()).as("the user goes on with it").isFalse();
		});
		small.member("newcomer");
		assertThat(small.member("tenant")).isSameAs(member);
		assertThat(member.isRetired()).isFalse();
	}

	@Test
	void memberWhenInUseShouldNeverSeemRetired() {
		Family<Counter> small = new Family<>(1, () -> new Counter(this.made.getAndIncrement()));
		Counter member = small.member("tenant");
		member.value.incrementAndGet();
		List<Boolean> seen = new ArrayList<>();
		member.afterAsked = List.of(() -> seen.add(member.isRetired()), () -> seen.add(member.isRetired()));
		small.member("newcomer");
		assertThat(seen).as("what its users see while others look for room").isNotEmpty().containsOnly(false);
	}

	@Test
	void memberWhenUseComesAfterTheLastCheckShouldTellTheUser() {
		Family<Counter> small = new Family<>(1, () -> new Counter(this.made.getAndIncrement()));
		Counter member = small.member("tenant");
		member.afterAsked = List.of(() -> assertThat(member.isRetired()).isFalse(), () -> {
			member.value.incrementAndGet();
			assertThat(member.isRetired()).as("the user begins again").isTrue();
		});
		small.member("newcomer");
		assertThat(member.value).hasValue(1);
		assertThat(small.member("tenant")).isNotSameAs(member);
	}

	@Test
	void memberWhenUsedAndEvictedTogetherShouldLoseNoUse() throws Exception {
		int threads = 4;
		int rounds = 20_000;
		Family<Counter> small = new Family<>(2, () -> new Counter(this.made.getAndIncrement()));
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			CyclicBarrier start = new CyclicBarrier(threads);
			List<Future<Integer>> done = new ArrayList<>();
			for (int index = 0; index < threads; index++) {
				int seed = index;
				done.add(executor.submit(() -> {
					start.await(5, TimeUnit.SECONDS);
					int tooMany = 0;
					for (int round = 0; round < rounds; round++) {
						small.member("flood-" + seed + "-" + round);
						Counter member = enter(small);
						if (member.id != OVERFLOW_OF_SMALL && small.member("contended") != member) {
							tooMany++;
						}
						member.value.decrementAndGet();
					}
					return tooMany;
				}));
			}
			for (Future<Integer> future : done) {
				assertThat(future.get(20, TimeUnit.SECONDS)).as("a use that its key's member does not know of")
					.isZero();
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(small.size()).isLessThanOrEqualTo(2);
	}

	@Test
	void forgetAndEvictShouldLeaveOtherThreadsFreeToEvict() throws Exception {
		Family<Counter> small = new Family<>(1, () -> new Counter(this.made.getAndIncrement()));
		String longKey = "k".repeat(129);
		Counter forgotten = small.member(longKey);
		ExecutorService other = Executors.newSingleThreadExecutor();
		try {
			assertThat(other.submit(() -> small.forget(longKey)).get(5, TimeUnit.SECONDS)).isTrue();
			assertThat(forgotten.isRetired()).isTrue();
			Counter first = other.submit(() -> small.member("first")).get(5, TimeUnit.SECONDS);
			Counter second = small.member("second");
			assertThat(first.isRetired()).isTrue();
			Counter third = other.submit(() -> small.member("third")).get(5, TimeUnit.SECONDS);
			assertThat(second.isRetired()).isTrue();
			assertThat(small.member("third")).isSameAs(third);
		}
		finally {
			other.shutdownNow();
		}
	}

	@Test
	void memberWhenAddedMeanwhileShouldBeTheSame() {
		AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {
		});
		Family<Counter> hooked = hooked(2, meanwhile);
		List<Counter> earlier = new ArrayList<>();
		meanwhile.set(() -> earlier.add(hooked.member("tenant")));
		assertThat(hooked.member("tenant")).isSameAs(earlier.get(0));
		assertThat(hooked.size()).isOne();
	}

	@Test
	void memberWhenAnotherIsBeingAddedToTheLastPlaceShouldShareTheOverflow() {
		AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {
		});
		Family<Counter> hooked = hooked(1, meanwhile);
		List<Counter> late = new ArrayList<>();
		meanwhile.set(() -> late.add(hooked.member("late")));
		Counter first = hooked.member("first");
		assertThat(hooked.member("first")).isSameAs(first);
		first.value.incrementAndGet();
		assertThat(late).containsExactly(hooked.member("too late"));
	}

	@Test
	void memberWhenFullShouldLookAtAFewMembersOnly() {
		List<Counter> used = new ArrayList<>();
		for (int key = 0; key < 100; key++) {
			used.add(this.family.member(key));
			used.get(key).value.incrementAndGet();
		}
		this.family.member("newcomer");
		assertThat(used.stream().mapToInt((member) -> member.asked.get()).sum()).isEqualTo(32);
	}

	private Family<Counter> hooked(int maxKeys, AtomicReference<Runnable> meanwhile) {
		return new Family<>(maxKeys, () -> {
			meanwhile.getAndSet(() -> {
			}).run();
			return new Counter(this.made.getAndIncrement());
		});
	}

	private static final int OVERFLOW_OF_SMALL = 1;

	private static Counter enter(Family<Counter> family) {
		while (true) {
			Counter member = family.member("contended");
			member.value.incrementAndGet();
			if (!member.isRetired()) {
				return member;
			}
			member.value.decrementAndGet();
		}
	}

	private static final class Counter extends Family.Member {

		private final int id;

		private final AtomicInteger value = new AtomicInteger();

		private final AtomicInteger asked = new AtomicInteger();

		private List<Runnable> afterAsked = List.of();

		Counter(int id) {
			this.id = id;
		}

		@Override
		protected boolean isFresh() {
			boolean fresh = this.value.get() == 0;
			int time = this.asked.getAndIncrement();
			if (time < this.afterAsked.size()) {
				this.afterAsked.get(time).run();
			}
			return fresh;
		}

	}

}
