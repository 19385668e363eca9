package dev.resilience.keyed;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Interleavings;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class FamilyInterleavingTests {

	@Test
	void memberWhenUsedAndEvictedInAnyOrderShouldLoseNoUse() {
		Interleavings.check(Uses.class, 12);
	}

	/**
	 * Room for one key, which is used once when the others come.
	 */
	public static class Uses {

		private final List<Used> members = new CopyOnWriteArrayList<>();

		private final Family<Used> family = new Family<>(1, () -> {
			Used created = new Used();
			this.members.add(created);
			return created;
		});

		private final AtomicLong uses = new AtomicLong();

		private final Used early = this.family.member("first");

		public Uses() {
			this.early.uses.incrementAndGet();
			this.uses.incrementAndGet();
		}

		@Operation
		public void useFirst() {
			use("first");
		}

		@Operation
		public void useSecond() {
			use("second");
		}

		@Operation(runOnce = true)
		public void release() {
			this.uses.decrementAndGet();
			this.early.uses.decrementAndGet();
		}

		private void use(String key) {
			this.uses.incrementAndGet();
			while (true) {
				Used member = this.family.member(key);
				member.uses.incrementAndGet();
				if (!member.isRetired()) {
					return;
				}
				member.uses.decrementAndGet();
			}
		}

		@Validate
		public void everyUseIsInAMemberThatIsThere() {
			long found = 0;
			for (Used each : this.members) {
				if (!each.isRetired()) {
					found += each.uses.get();
				}
			}
			if (found != this.uses.get() || this.family.size() > 1) {
				throw new IllegalStateException(found + " uses found of " + this.uses + ", size " + this.family.size());
			}
		}

	}

	static final class Used extends Family.Member {

		private final AtomicLong uses = new AtomicLong();

		@Override
		protected boolean isFresh() {
			return this.uses.get() == 0;
		}

	}

}
