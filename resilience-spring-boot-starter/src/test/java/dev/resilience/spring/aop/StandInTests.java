package dev.resilience.spring.aop;

import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.autoconfigure.CircuitBreakerAutoConfiguration;
import dev.resilience.spring.autoconfigure.KillSwitchAutoConfiguration;
import dev.resilience.spring.autoconfigure.ResilienceAutoConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Applications whose tests mock a protected bean start.
 */
@SpringBootTest(properties = "resilience.circuit-breakers.payments.failure-threshold=1")
class StandInTests {

	@MockitoBean
	private Mocked mocked;

	@MockitoSpyBean
	private Spied spied;

	@Test
	void mockShouldAnswerAsTold(@Autowired Mocked injected) {
		given(this.mocked.call()).willReturn("told");
		assertThat(injected.call()).isEqualTo("told");
	}

	@Test
	void spyShouldStayProtected(@Autowired Spied injected) {
		assertThat(injected.call()).isEqualTo("called");
		assertThat(this.spied).isNotNull();
	}

	static class Mocked {

		@CircuitProtected("payments")
		public String call() {
			return "called";
		}

	}

	static class Spied {

		@CircuitProtected("payments")
		public String call() {
			return "called";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ResilienceAutoConfiguration.class, CircuitBreakerAutoConfiguration.class,
			KillSwitchAutoConfiguration.class })
	static class Application {

		@Bean
		Mocked mocked() {
			return new Mocked();
		}

		@Bean
		Spied spied() {
			return new Spied();
		}

	}

}
