package dev.resilience;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class DecoratedTests {

	private final ScriptedGate gate = new ScriptedGate("gate", new FakeTicker().source());

	private final Pipeline pipeline = Pipeline.of(this.gate);

	private final AtomicInteger calls = new AtomicInteger();

	@Test
	void decorateShouldServeAsAnyFormOfCall() throws Exception {
		Pipeline.Decorated<Integer> decorated = this.pipeline.decorate(this.calls::incrementAndGet);
		Callable<Integer> callable = decorated;
		Supplier<Integer> supplier = decorated;
		Runnable runnable = decorated;
		assertThat(callable.call()).isEqualTo(1);
		assertThat(supplier.get()).isEqualTo(2);
		runnable.run();
		assertThat(this.calls).hasValue(3);
		assertThat(this.gate.log()).filteredOn((line) -> line.startsWith("gate succeeded")).hasSize(3);
	}

	@Test
	void getWhenTheCallThrowsACheckedExceptionShouldWrapIt() {
		IOException failure = new IOException("refused");
		Pipeline.Decorated<Integer> decorated = this.pipeline.decorate(() -> {
			throw failure;
		});
		assertThatExceptionOfType(IOException.class).isThrownBy(decorated::call).isSameAs(failure);
		assertThatExceptionOfType(CompletionException.class).isThrownBy(decorated::get).havingCause().isSameAs(failure);
	}

	@Test
	void getWhenInterruptedShouldKeepTheFlag() {
		Pipeline.Decorated<Integer> decorated = this.pipeline.decorate(() -> {
			throw new InterruptedException();
		});
		assertThatExceptionOfType(CompletionException.class).isThrownBy(decorated::get);
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void getWhenRejectedShouldThrowTheRejection() {
		this.gate.answer = ScriptedGate.Answer.REJECT;
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(this.pipeline.decorate(this.calls::incrementAndGet)::get);
	}

	@Test
	void decorateAsyncShouldCallEachTime() {
		Supplier<CompletionStage<Integer>> decorated = this.pipeline
			.decorateAsync(() -> CompletableFuture.completedFuture(this.calls.incrementAndGet()));
		assertThat(decorated.get()).isCompletedWithValue(1);
		assertThat(decorated.get()).isCompletedWithValue(2);
	}

}
