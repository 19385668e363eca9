package dev.resilience.spring.aop;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.management.ThreadMXBean;
import dev.resilience.CallContext;
import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Retrying;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.MergedAnnotation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an annotated call costs: all that can be known beforehand is done beforehand.
 */
class CallCostTests {

	// Too few calls for the optimizing compiler, which might remove allocations from one
	// of the two sides of a comparison.
	private static final int CALLS = 500;

	private static final int ROUNDS = 3;

	private static final int FEW_BYTES = 8;

	private static final Method METHOD = method();

	private static final Method SAME_METHOD = method();

	@SuppressWarnings("UnusedVariable") // written, so that the comparison is made
	private static volatile boolean found;

	private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	@Test
	@Trap(46)
	void bindingShouldBindOnceAtStartUp() {
		Starter.with(Starter.runner(), CountingBinding.class, Counted.class).run((context) -> {
			assertThat(context).hasNotFailed();
			AtomicInteger bound = CountingBinding.BOUND;
			assertThat(bound).hasValue(1);
			Counted bean = context.getBean(Counted.class);
			for (int call = 0; call < CALLS; call++) {
				bean.call();
			}
			assertThat(bound).hasValue(1);
			assertThat(CountingBinding.READ).hasValue(CALLS);
		});
	}

	@Test
	@Trap(46)
	void registryShouldBeLookedUpAtStartUpOnly() {
		Starter.run((context) -> {
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			context.getBean("circuitBreakers", PolicyRegistry.class).remove("payments");
			context.getBean(OneGate.class).call();
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 1L);
		}, OneGate.class);
	}

	@Test
	@Trap(46)
	void callThroughOneBreakerShouldAllocateNothingMoreThanAnInterceptor() {
		OneGate floor = intercepted(new OneGate());
		Starter.run((context) -> {
			OneGate bean = context.getBean(OneGate.class);
			assertThat(surplus(bean::call, floor::call)).isLessThan(FEW_BYTES);
			assertThat(Starter.breaker(context, "payments").snapshot().calls().get("succeeded"))
				.isGreaterThanOrEqualTo(CALLS);
		}, OneGate.class);
	}

	@Test
	@Trap(46)
	void callThroughThreeGatesShouldAllocateNothingMoreThanAnInterceptor() {
		ThreeGates floor = intercepted(new ThreeGates());
		Starter.with(Starter.runner(), ThreeGates.class)
			.withPropertyValues("resilience.rate-limiters.wide.limit=1000000")
			.run((context) -> {
				ThreeGates bean = context.getBean(ThreeGates.class);
				assertThat(surplus(bean::call, floor::call)).isLessThan(FEW_BYTES);
			});
	}

	@Test
	@Trap(46)
	void callThroughRetryShouldAllocateNothingMoreThanAnInterceptor() {
		Answering floor = intercepted(new Answering());
		answering().run((context) -> {
			Answering bean = context.getBean(Answering.class);
			assertThat(surplus(bean::repeated, floor::repeated)).isLessThan(FEW_BYTES);
		});
	}

	@Test
	@Trap(46)
	void callThatMayReturnAnythingShouldLookAtTheClassOfTheValueOnce() {
		Answering floor = intercepted(new Answering());
		answering().run((context) -> {
			Answering bean = context.getBean(Answering.class);
			assertThat(surplus(bean::anything, floor::anything)).isLessThan(FEW_BYTES);
		});
	}

	@Test
	@Trap(46)
	void keyThatIsAParameterShouldBeReadWithoutEvaluation() {
		Keyed floor = intercepted(new Keyed());
		Starter.with(Starter.runner(), Keyed.class)
			.withPropertyValues("resilience.rate-limiters.wide.limit=1000000")
			.run((context) -> {
				Keyed bean = context.getBean(Keyed.class);
				assertThat(surplus(() -> bean.parameter("alice"), () -> floor.parameter("alice"))).isLessThan(64);
			});
	}

	@Test
	void keyThatIsAPathShouldFindItsPropertyOnce() {
		Keyed floor = intercepted(new Keyed());
		Starter.with(Starter.runner(), Keyed.class)
			.withPropertyValues("resilience.rate-limiters.wide.limit=1000000")
			.run((context) -> {
				Keyed bean = context.getBean(Keyed.class);
				Customer alice = new Customer("alice");
				assertThat(surplus(() -> bean.path(alice), () -> floor.path(alice))).isLessThan(2_500);
			});
	}

	@Test
	@Trap(46)
	void keyThatIsAnExpressionShouldNotBeParsedAgain() {
		Keyed floor = intercepted(new Keyed());
		List<ResolvableType> types = List.of(ResolvableType.forClass(String.class));
		long parsing = bytes(() -> ParameterExpression.compile("#name.length() + '-' + #name.strip()", types,
				new String[] { "name" }, (type) -> true, "anything"));
		Starter.with(Starter.runner(), Keyed.class)
			.withPropertyValues("resilience.rate-limiters.wide.limit=1000000")
			.run((context) -> {
				Keyed bean = context.getBean(Keyed.class);
				assertThat(surplus(() -> bean.expression("alice"), () -> floor.expression("alice"))).isPositive()
					.isLessThan(parsing);
			});
	}

	private static ApplicationContextRunner answering() {
		return Starter.with(Starter.runner(), Answering.class)
			.withPropertyValues("resilience.retries.calls.max-retries=2");
	}

	/**
	 * Bytes that a call allocates beyond those of another, in the best of some rounds:
	 * what the JVM does beside it now and then counts for nobody.
	 */
	private static long surplus(Runnable call, Runnable floor) {
		long least = Long.MAX_VALUE;
		for (int round = 0; round < ROUNDS; round++) {
			least = Math.min(least, bytes(call) - bytes(floor));
		}
		return least - bytes(CallCostTests::findPlan);
	}

	/**
	 * What finding a plan does once. It costs nothing, unless an earlier test in the same
	 * JVM used Mockito, which then listens to {@link Object#equals}.
	 */
	private static void findPlan() {
		found = METHOD.equals(SAME_METHOD);
	}

	private static Method method() {
		return OneGate.class.getDeclaredMethods()[0];
	}

	/**
	 * Bytes that one call allocates.
	 */
	private static long bytes(Runnable call) {
		for (int warmUp = 0; warmUp < CALLS; warmUp++) {
			call.run();
		}
		long before = THREADS.getCurrentThreadAllocatedBytes();
		for (int index = 0; index < CALLS; index++) {
			call.run();
		}
		return (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
	}

	@SuppressWarnings("unchecked")
	private static <T> T intercepted(T target) {
		ProxyFactory factory = new ProxyFactory(target);
		factory.setProxyTargetClass(true);
		// With a pointcut, as an annotation needs one: Spring then keys its cache by
		// method.
		factory.addAdvisor(new NoOpAdvisor());
		return (T) factory.getProxy();
	}

	static final class NoOpAdvisor extends StaticMethodMatcherPointcutAdvisor {

		private static final long serialVersionUID = 1L;

		NoOpAdvisor() {
			super((MethodInterceptor) MethodInvocation::proceed);
		}

		@Override
		public boolean matches(Method method, Class<?> targetClass) {
			return method.getDeclaringClass() != Object.class;
		}

	}

	static class OneGate {

		@CircuitProtected("payments")
		public void call() {
		}

	}

	static class ThreeGates {

		@KillSwitched("payments")
		@CircuitProtected("payments")
		@RateLimited("wide")
		public void call() {
		}

	}

	static class Answering {

		private static final Integer ANSWER = 42;

		@Retrying("calls")
		public Integer repeated() {
			return ANSWER;
		}

		@CircuitProtected("payments")
		public Object anything() {
			return ANSWER;
		}

	}

	public record Customer(String name) {
	}

	static class Keyed {

		@RateLimited(value = "wide", key = "#name")
		public void parameter(String name) {
		}

		@RateLimited(value = "wide", key = "#customer.name")
		public void path(Customer customer) {
		}

		@RateLimited(value = "wide", key = "#name.length() + '-' + #name.strip()")
		public void expression(String name) {
		}

	}

	@Protection
	@Retention(RetentionPolicy.RUNTIME)
	@interface Tallied {

	}

	static class Counted {

		@Tallied
		public void call() {
		}

	}

	static class CountingBinding implements ProtectionBinding<Tallied> {

		static final AtomicInteger BOUND = new AtomicInteger();

		static final AtomicInteger READ = new AtomicInteger();

		@Override
		public Class<Tallied> annotationType() {
			return Tallied.class;
		}

		@Override
		public int order() {
			return 1;
		}

		@Override
		public List<BoundPolicy> bind(MergedAnnotation<Tallied> annotation, ProtectedMethod method) {
			BOUND.incrementAndGet();
			CircuitBreaker breaker = CircuitBreaker.of("tallied", CircuitBreakerConfig.builder().build());
			return List.of(new BoundPolicy(breaker, (invocation) -> {
				READ.incrementAndGet();
				return CallContext.NONE;
			}));
		}

	}

}
