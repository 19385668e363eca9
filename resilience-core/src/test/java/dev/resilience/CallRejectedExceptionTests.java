package dev.resilience;

import java.util.List;

import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class CallRejectedExceptionTests {

	private final ScriptedGate gate = new ScriptedGate("gate", new FakeTicker().source());

	@Test
	void isOwnWhenTheCallTookTooLongShouldTellTheCalleesFailure() throws Throwable {
		CallRejectedException slow = new CallRejectedException(this.gate.rejection("shut")) {

			private static final long serialVersionUID = 1L;

			@Override
			public Category category() {
				return Category.TIMED_OUT;
			}

		};
		assertThat(CallRejectedException.isOwn(slow)).isFalse();
		assertThat(CallRejectedException.isOwn(new CallRejectedException(this.gate.rejection("shut")))).isTrue();
		Pipeline.Compiled<String, String> outer = Pipeline.compile(List.of(this.gate),
				List.of((argument) -> CallContext.NONE), (argument) -> {
					throw slow;
				});
		try {
			outer.call("argument");
		}
		catch (CallRejectedException ex) {
			assertThat(ex).isSameAs(slow);
		}
		assertThat(this.gate.log()).anyMatch((line) -> line.startsWith("gate failed"));
	}

}
