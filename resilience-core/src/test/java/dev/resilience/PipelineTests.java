package dev.resilience;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

import com.sun.management.ThreadMXBean;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@Timeout(20)
class PipelineTests {

	private final FakeTicker ticker = new FakeTicker();

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final ScriptedGate first = gate("first");

	private final ScriptedGate second = gate("second");

	private final ScriptedGate third = gate("third");

	@Test
	void ofWhenAPolicyStandsTwiceShouldRefuseIt() {
		assertThatIllegalArgumentException().isThrownBy(() -> Pipeline.of(this.first, this.second, this.first))
			.withMessageContaining("'first' stands twice");
	}

	@Test
	void callWhenGatesStandSideBySideShouldAcquireAllBeforeTheCall() throws Exception {
		Pipeline pipeline = Pipeline.of(this.first, this.second, this.third);
		assertThat(pipeline.policies()).containsExactly(this.first, this.second, this.third);
		assertThat(pipeline.call(this::callee)).isEqualTo("value");
		assertThat(this.log).containsExactly("first asked", "second asked", "third asked", "called",
				"third succeeded value 0", "second succeeded value 0", "first succeeded value 0");
	}

	@Test
	void callAsyncWhenGatesStandSideBySideShouldAcquireAllBeforeTheCall() {
		Pipeline pipeline = Pipeline.of(this.first, this.second);
		assertThat(join(pipeline.callAsync(() -> CompletableFuture.completedFuture(callee())))).isEqualTo("value");
		assertThat(this.log).containsExactly("first asked", "second asked", "called", "second succeeded value 0",
				"first succeeded value 0");
	}

	@Test
	void callWhenLaterGateRejectsShouldAbandonTheEarlierPermits() {
		this.third.answer = ScriptedGate.Answer.REJECT;
		Pipeline pipeline = Pipeline.of(this.first, this.second, this.third);
		assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> pipeline.call(this::callee))
			.withMessage("gate 'third' is shut");
		assertThat(this.log).containsExactly("first asked", "second asked", "third asked", "second abandoned",
				"first abandoned");
	}

	@Test
	void callAsyncWhenLaterGateRejectsShouldAbandonTheEarlierPermits() {
		this.third.answer = ScriptedGate.Answer.REJECT;
		Pipeline pipeline = Pipeline.of(this.first, this.second, this.third);
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> join(pipeline.callAsync(() -> CompletableFuture.completedFuture(callee()))))
			.withCauseInstanceOf(CallRejectedException.class);
		assertThat(this.log).containsExactly("first asked", "second asked", "third asked", "second abandoned",
				"first abandoned");
	}

	@Test
	void callWhenLaterGateThrowsShouldAbandonTheEarlierPermits() {
		this.second.answer = ScriptedGate.Answer.THROW;
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> Pipeline.of(this.first, this.second).call(this::callee));
		assertThat(this.log).containsExactly("first asked", "second asked", "first abandoned");
	}

	@Test
	void callWhenWaitingForALaterGateIsInterruptedShouldAbandonTheEarlierPermits() {
		this.second.answer = ScriptedGate.Answer.WAIT;
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class)
			.isThrownBy(() -> Pipeline.of(this.first, this.second).call(this::callee));
		assertThat(this.log).containsExactly("first asked", "second asked", "first abandoned");
	}

	@Test
	void callWhenAnyGateIsTimedShouldMeasureTheCalleeForAll() throws Exception {
		ScriptedGate timed = new ScriptedGate("timed", this.ticker.source(), this.log, true);
		Pipeline.of(this.first, timed).call(() -> {
			this.ticker.advance(Duration.ofNanos(7));
			return "value";
		});
		assertThat(this.log).endsWith("timed succeeded value 7", "first succeeded value 7");
	}

	@Test
	@Trap(7)
	void callWhenInnerGateBehindAWrapperRejectsShouldAbandonTheOuterPermit() {
		this.second.answer = ScriptedGate.Answer.REJECT;
		Pipeline pipeline = Pipeline.of(this.first, new Wrapper("wrapper"), this.second);
		assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> pipeline.call(this::callee));
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(() -> join(pipeline.callAsync(() -> CompletableFuture.completedFuture(callee()))));
		assertThat(this.log).containsExactly("first asked", "wrapper in", "second asked", "wrapper out",
				"first abandoned", "first asked", "wrapper in", "second asked", "wrapper out", "first abandoned");
	}

	@Test
	@Trap(7)
	void callWhenCalleeIsGuardedAndRejectsShouldFailTheOuterPermits() {
		this.second.answer = ScriptedGate.Answer.REJECT;
		Pipeline outer = Pipeline.of(this.first, new Wrapper("wrapper"), this.third);
		Pipeline inner = Pipeline.of(this.second);
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(() -> outer.call(() -> inner.call(this::callee)));
		assertThat(this.log).endsWith("third failed CallRejectedException 0", "wrapper out",
				"first failed CallRejectedException 0");
	}

	@Test
	@Trap(7)
	void callAsyncWhenCalleeIsGuardedAndRejectsShouldFailTheOuterPermits() {
		this.second.answer = ScriptedGate.Answer.REJECT;
		Pipeline outer = Pipeline.of(this.first, new Wrapper("wrapper"), this.third);
		Pipeline inner = Pipeline.of(this.second);
		CompletionStage<String> outcome = outer
			.callAsync(() -> inner.callAsync(() -> CompletableFuture.completedFuture(callee())));
		assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> join(outcome))
			.withCauseInstanceOf(CallRejectedException.class);
		assertThat(this.log).endsWith("third failed CallRejectedException 0", "wrapper out",
				"first failed CallRejectedException 0");
	}

	@Test
	void callWhenPoliciesWrapShouldRunThemOutermostFirst() throws Exception {
		Pipeline pipeline = Pipeline.of(new Wrapper("a"), this.first, new Wrapper("b"), new Wrapper("c"), this.second);
		assertThat(pipeline.call(this::callee)).isEqualTo("value");
		assertThat(this.log).containsExactly("a in", "first asked", "b in", "c in", "second asked", "called",
				"second succeeded value 0", "c out", "b out", "first succeeded value 0", "a out");
		this.log.clear();
		join(pipeline.callAsync(() -> CompletableFuture.completedFuture(callee())));
		assertThat(this.log).containsExactly("a in", "first asked", "b in", "c in", "second asked", "called",
				"second succeeded value 0", "c out", "b out", "first succeeded value 0", "a out");
	}

	@Test
	void callWhenThereAreNoPoliciesShouldJustCall() throws Exception {
		assertThat(Pipeline.of().call(this::callee)).isEqualTo("value");
		assertThat(join(Pipeline.of().callAsync(() -> CompletableFuture.completedFuture("later")))).isEqualTo("later");
		assertThat(join(Pipeline.of().callAsync(() -> {
			throw new IllegalStateException("refused");
		}).exceptionally((ex) -> "failed"))).isEqualTo("failed");
	}

	@Test
	void compiledWhenContextsDifferShouldHandEachPolicyItsOwn() throws Throwable {
		ContextGate keyed = new ContextGate();
		List<Function<String, CallContext>> contexts = List.of((text) -> CallContext.ofKey("key of " + text));
		Pipeline.Compiled<String, Integer> compiled = Pipeline.compile(List.of(keyed), contexts, String::length);
		assertThat(compiled.call("four")).isEqualTo(4);
		assertThat(keyed.key).isEqualTo("key of four");
	}

	@Test
	void callWhenPermitsAreSharedShouldAllocateNothing() throws Exception {
		Pipeline pipeline = Pipeline.of(new SharingGate("a"), new SharingGate("b"), new PassingWrapper(),
				new SharingGate("c"), new SharingGate("d"), new SharingGate("e"));
		Callable<String> call = () -> "value";
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int index = 0; index < 100_000; index++) {
				pipeline.call(call);
			}
			least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 100_000.0);
		}
		assertThat(least).isLessThan(1);
	}

	private ScriptedGate gate(String name) {
		return new ScriptedGate(name, this.ticker.source(), this.log);
	}

	private String callee() {
		this.log.add("called");
		return "value";
	}

	private static <T> T join(CompletionStage<T> stage) {
		return stage.toCompletableFuture().join();
	}

	private final class Wrapper extends Policy {

		Wrapper(String name) {
			super("wrapper", name, PipelineTests.this.ticker.source());
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "WRAPPING", List.of("WRAPPING")).build();
		}

		@Override
		public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work)
				throws Throwable {
			PipelineTests.this.log.add(name() + " in");
			try {
				return work.invoke(argument);
			}
			finally {
				PipelineTests.this.log.add(name() + " out");
			}
		}

		@Override
		public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
				Call<A, CompletionStage<T>> work) {
			PipelineTests.this.log.add(name() + " in");
			CompletionStage<T> stage;
			try {
				stage = work.invoke(argument);
			}
			catch (Throwable ex) {
				stage = CompletableFuture.failedFuture(ex);
			}
			return stage.whenComplete((value, ex) -> PipelineTests.this.log.add(name() + " out"));
		}

	}

	private static final class ContextGate extends Gate {

		private @Nullable Object key;

		ContextGate() {
			super("context", "context", new FakeTicker().source(), List.of());
		}

		@Override
		protected Admission admit(CallContext context) {
			this.key = context.key();
			return Permit.INERT;
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "OPEN", List.of("OPEN")).build();
		}

	}

	private static final class SharingGate extends Gate {

		private final Permit shared = new Permit() {

			@Override
			public void succeeded(@Nullable Object value, long nanos) {
				SharingGate.this.ended++;
			}

			@Override
			public void failed(Throwable cause, long nanos) {
				SharingGate.this.ended++;
			}

			@Override
			public void abandoned() {
				SharingGate.this.ended++;
			}

		};

		private long ended;

		SharingGate(String name) {
			super("sharing", name, new FakeTicker().source(), List.of());
		}

		@Override
		protected Admission admit(CallContext context) {
			return this.shared;
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "SHARING", List.of("SHARING")).gauge("ended", (double) this.ended).build();
		}

	}

	private static final class PassingWrapper extends Policy {

		PassingWrapper() {
			super("passing", "passing", new FakeTicker().source());
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "PASSING", Collections.singletonList("PASSING")).build();
		}

		@Override
		public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work)
				throws Throwable {
			return work.invoke(argument);
		}

		@Override
		public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
				Call<A, CompletionStage<T>> work) {
			throw new UnsupportedOperationException();
		}

	}

}
