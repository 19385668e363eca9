package dev.resilience.spring.benchmark;

import dev.resilience.spring.autoconfigure.CircuitBreakerAutoConfiguration;
import dev.resilience.spring.autoconfigure.IdempotencyAutoConfiguration;
import dev.resilience.spring.autoconfigure.KillSwitchAutoConfiguration;
import dev.resilience.spring.autoconfigure.RateLimiterAutoConfiguration;
import dev.resilience.spring.autoconfigure.ResilienceAutoConfiguration;
import io.github.arun0009.idempotent.core.aspect.IdempotentAspect;
import io.github.arun0009.idempotent.core.persistence.InMemoryIdempotentStore;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.BulkheadAutoConfiguration;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

import org.springframework.aop.Advisor;
import org.springframework.aop.ClassFilter;
import org.springframework.aop.support.ComposablePointcut;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.RootClassFilter;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import org.springframework.context.annotation.Import;

/**
 * The applications that are compared. Each runs in a JVM of its own.
 */
public final class Applications {

	private Applications() {
	}

	/**
	 * Ours.
	 */
	@State(Scope.Benchmark)
	public static class Ours extends Application {

		final ProtectedService service = bean(ProtectedService.class);

		private final ProtectedClass other = bean(ProtectedClass.class);

		public Ours() {
			super(Protected.class, "resilience.circuit-breakers.alone.preset=moderate",
					"resilience.circuit-breakers.limited.preset=moderate",
					"resilience.circuit-breakers.switched.preset=moderate",
					"resilience.circuit-breakers.rescued.preset=moderate",
					"resilience.circuit-breakers.stacked.preset=moderate",
					"resilience.circuit-breakers.class.preset=moderate", "resilience.kill-switches.declared=payments",
					"resilience.retries.stacked.max-retries=2", "resilience.bulkheads.stacked.max-concurrent-calls=25",
					"resilience.circuit-breakers.gates.preset=moderate",
					"resilience.bulkheads.gates.max-concurrent-calls=25");
		}

		@Override
		void callAll() {
			this.service.breaker(this.order);
			this.service.breakerAndLimiter(this.order);
			this.service.switchAndBreaker(this.order);
			this.service.limiter(this.order);
			this.service.keyedLimiter(this.order);
			this.service.replay(this.order);
			this.service.breakerWithFallback(this.order);
			this.service.stacked(this.order);
			this.service.gates(this.order);
			this.other.breaker(this.order);
		}

	}

	/**
	 * Resilience4j.
	 */
	@State(Scope.Benchmark)
	public static class Peer extends Application {

		private static final String LIMIT = "resilience4j.ratelimiter.configs.default.";

		final PeerService service = bean(PeerService.class);

		private final PeerClass other = bean(PeerClass.class);

		public Peer() {
			super(PeerGuarded.class, LIMIT + "limit-for-period=90000000", LIMIT + "limit-refresh-period=1s",
					LIMIT + "timeout-duration=0");
		}

		@Override
		void callAll() {
			this.service.breaker(this.order);
			this.service.breakerAndLimiter(this.order);
			this.service.bulkheadAndBreaker(this.order);
			this.service.limiter(this.order);
			this.service.retry(this.order);
			this.service.bulkhead(this.order);
			this.service.breakerWithFallback(this.order);
			this.service.stacked(this.order);
			this.other.breaker(this.order);
		}

	}

	/**
	 * The library {@code io.github.arun0009:idempotent-core}, with its store in memory.
	 */
	@State(Scope.Benchmark)
	public static class IdempotentPeer extends Application {

		final IdempotentPeerService service = bean(IdempotentPeerService.class);

		public IdempotentPeer() {
			super(IdempotentPeerGuarded.class);
		}

		@Override
		void callAll() {
			this.service.replay(this.order);
			this.service.other(this.order);
		}

	}

	/**
	 * Advice that does nothing.
	 */
	public abstract static class Plain extends Application {

		final PlainService service = bean(PlainService.class);

		Plain(Class<?> configuration) {
			super(configuration);
		}

		@Override
		void callAll() {
			this.service.first(this.order);
			this.service.second(this.order);
			this.service.third(this.order);
			this.service.fourth(this.order);
			this.service.fifth(this.order);
			this.service.sixth(this.order);
			this.service.seventh(this.order);
			this.service.eighth(this.order);
		}

	}

	/**
	 * A method interceptor that does nothing.
	 */
	@State(Scope.Benchmark)
	public static class Intercepted extends Plain {

		public Intercepted() {
			super(WithInterceptor.class);
		}

	}

	/**
	 * An aspect that does nothing.
	 */
	@State(Scope.Benchmark)
	public static class Aspected extends Plain {

		public Aspected() {
			super(WithAspect.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import({ ProtectedService.class, ProtectedClass.class })
	@ImportAutoConfiguration({ ResilienceAutoConfiguration.class, CircuitBreakerAutoConfiguration.class,
			RateLimiterAutoConfiguration.class, KillSwitchAutoConfiguration.class, IdempotencyAutoConfiguration.class,
			dev.resilience.spring.autoconfigure.RetryAutoConfiguration.class,
			dev.resilience.spring.autoconfigure.BulkheadAutoConfiguration.class })
	static class Protected {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import({ PeerService.class, PeerClass.class })
	@ImportAutoConfiguration({
			io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration.class,
			io.github.resilience4j.springboot.ratelimiter.autoconfigure.RateLimiterAutoConfiguration.class,
			BulkheadAutoConfiguration.class, RetryAutoConfiguration.class })
	static class PeerGuarded {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import({ IdempotentPeerService.class, InMemoryIdempotentStore.class, IdempotentAspect.class })
	static class IdempotentPeerGuarded {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import(PlainService.class)
	static class WithInterceptor {

		@Bean
		static Advisor noOp() {
			ClassFilter filter = new RootClassFilter(PlainService.class);
			return new DefaultPointcutAdvisor(new ComposablePointcut(filter), new NoOpInterceptor());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy(proxyTargetClass = true)
	@Import({ PlainService.class, NoOpAspect.class })
	static class WithAspect {

	}

	static final class NoOpInterceptor implements MethodInterceptor {

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			return invocation.proceed();
		}

	}

	@Aspect
	static class NoOpAspect {

		@Around("within(dev.resilience.spring.benchmark.PlainService)")
		public @Nullable Object around(ProceedingJoinPoint call) throws Throwable {
			return call.proceed();
		}

	}

}
