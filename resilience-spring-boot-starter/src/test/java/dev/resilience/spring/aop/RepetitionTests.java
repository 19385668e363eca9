package dev.resilience.spring.aop;

import java.util.ArrayList;
import java.util.List;

import dev.resilience.spring.annotation.Retrying;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.framework.Advised;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class RepetitionTests {

	private final FakeTicker ticker = new FakeTicker();

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void everyTryShouldPassInterceptorsFurtherIn(boolean proxyTargetClass) {
		runner(proxyTargetClass).run((context) -> {
			Answers bean = context.getBean(Answers.class);
			List<Object> seen = new ArrayList<>();
			((Advised) bean).addAdvice((MethodInterceptor) (invocation) -> {
				seen.add(invocation.getArguments()[0]);
				invocation.getArguments()[0] = "spoilt";
				return invocation.proceed();
			});
			assertThat(bean.answer("question")).isEqualTo("spoilt: 3");
			assertThat(seen).containsExactly("question", "question", "question");
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void everyTryShouldPassNoInterceptorFurtherOutAgain(boolean proxyTargetClass) {
		runner(proxyTargetClass).run((context) -> {
			Answers bean = context.getBean(Answers.class);
			List<Object> seen = new ArrayList<>();
			((Advised) bean).addAdvice(0, (MethodInterceptor) (invocation) -> {
				seen.add(invocation.getArguments()[0]);
				return invocation.proceed();
			});
			assertThat(bean.answer("question")).isEqualTo("question: 3");
			assertThat(seen).containsExactly("question");
		});
	}

	private ApplicationContextRunner runner(boolean proxyTargetClass) {
		return Starter.with(Starter.bare().withBean(TimeSource.class, this.ticker::source), FailingTwice.class)
			.withPropertyValues("resilience.retries.calls.max-retries=2",
					"spring.aop.proxy-target-class=" + proxyTargetClass);
	}

	interface Answers {

		String answer(String question);

	}

	static class FailingTwice implements Answers {

		private int calls;

		@Override
		@Retrying("calls")
		public String answer(String question) {
			this.calls++;
			if (this.calls < 3) {
				throw new IllegalStateException("not yet");
			}
			return question + ": " + this.calls;
		}

	}

}
