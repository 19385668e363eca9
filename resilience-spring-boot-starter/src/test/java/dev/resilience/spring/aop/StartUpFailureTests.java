package dev.resilience.spring.aop;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.function.Supplier;

import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.spring.annotation.RateLimited;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.core.PriorityOrdered;
import org.springframework.http.ResponseEntity;
import org.springframework.samples.protectedapp.Clinic;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.context.request.async.WebAsyncTask;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Mistakes that are told when the application starts, and what is no mistake.
 */
class StartUpFailureTests {

	@Test
	@Trap(9)
	void unknownBreakerShouldBeNamedWithTheNearestAndCreateNone() {
		FailureAnalysis told = Starter.fail(UnknownBreaker.class);
		assertThat(told.getDescription()).contains("UnknownBreaker.call()", "@CircuitProtected names an unknown policy",
				"no circuit-breaker named 'paymets'", "Nearest: payments");
		assertThat(told.getAction()).contains("Correct the name", "circuit-breaker named 'paymets'");
		Starter.run((context) -> {
			@SuppressWarnings("unchecked")
			PolicyRegistry<CircuitBreaker> breakers = context.getBean("circuitBreakers", PolicyRegistry.class);
			ProtectionAdvisor advisor = context.getBean(ProtectionAdvisor.class);
			assertThatExceptionOfType(InvalidProtectionException.class)
				.isThrownBy(() -> advisor.prepare(UnknownBreaker.class));
			assertThat(breakers.all()).extracting(CircuitBreaker::name).containsExactly("other", "patient", "payments");
		});
	}

	@Test
	void unknownLimiterShouldBeNamedWithTheNearest() {
		assertThat(Starter.fail(UnknownLimiter.class).getDescription()).contains("no rate-limiter named 'order'",
				"Nearest: orders");
	}

	@Test
	void unknownSwitchShouldBeNamedWithTheNearest() {
		assertThat(Starter.fail(UnknownSwitch.class).getDescription()).contains("no kill-switch named 'payment'",
				"Nearest: payments");
	}

	@ParameterizedTest
	@ValueSource(classes = { OwnBesideComposed.class, TwoComposed.class, TwoComposedOfClass.class })
	void twoAnnotationsOfAKindShouldBothBeNamed(Class<?> bean) {
		assertThat(Starter.fail(bean).getDescription()).contains(bean.getSimpleName() + ".call()", "two that differ",
				"payments", "other", "of @Guarded");
	}

	@Test
	void annotationOfTheMethodShouldOverrideThatOfTheClass() {
		Starter.run((context) -> {
			context.getBean(OverridesClass.class).call();
			assertThat(Starter.breaker(context, "other").snapshot().calls()).containsEntry("succeeded", 1L);
			assertThat(Starter.breaker(context, "payments").snapshot().calls()).containsEntry("succeeded", 0L);
		}, OverridesClass.class);
	}

	@ParameterizedTest
	@CsvSource({ "0, must be positive", "-1h, must be positive", "5, must have a unit", "soon, must be a duration" })
	void ttlThatCannotBeShouldBeToldOnce(String ttl, String rule) {
		String told = Starter.fail(Starter.with(Starter.runner().withPropertyValues("ttl=" + ttl), ConfiguredTtl.class))
			.getDescription();
		assertThat(told).contains("ConfiguredTtl.call(String)", "@Idempotent: 'ttl' is '", rule);
		assertThat(told).containsOnlyOnce(" but ");
	}

	@Test
	void emptyNameShouldBeTold() {
		assertThat(Starter.fail(EmptyName.class).getDescription()).contains("EmptyName.call()",
				"@CircuitProtected(value) is empty");
	}

	@Test
	void expressionThatDoesNotParseShouldBeTold() {
		FailureAnalysis told = Starter.fail(Unparseable.class);
		assertThat(told.getDescription()).contains("Unparseable.call(String)", "@RateLimited(key)", "'#name.'",
				"does not parse");
		assertThat(told.getAction()).contains("#p0");
	}

	@Test
	void expressionThatNamesUnknownParameterShouldBeTold() {
		FailureAnalysis told = Starter.fail(UnknownParameter.class);
		assertThat(told.getDescription()).contains("UnknownParameter.call(String)", "@Idempotent(key)",
				"no parameter 'nmae'", "name");
	}

	@ParameterizedTest
	@ValueSource(classes = { PrivateMethod.class, StaticMethod.class, FinalMethod.class, FinalInterfaceMethod.class,
			FinalMethodOfClass.class, MethodOfObject.class })
	void methodThatNoProxyCanProtectShouldBeTold(Class<?> bean) {
		FailureAnalysis told = Starter.fail(bean);
		assertThat(told.getDescription()).contains(bean.getSimpleName(), "so no proxy can protect it");
		assertThat(told.getAction()).contains("can be overridden");
	}

	@ParameterizedTest
	@ValueSource(classes = { FinalClass.class, FinalClassOfInterface.class, FinalAnnotatedClass.class })
	void finalClassShouldBeTold(Class<?> bean) {
		FailureAnalysis told = Starter.fail(bean);
		assertThat(told.getDescription()).contains(bean.getName(), "it is final");
		assertThat(told.getAction()).contains("Remove 'final'");
	}

	@Test
	void finalClassShouldBeProtectedByItsInterface() {
		Starter.runner()
			.withPropertyValues("spring.aop.proxy-target-class=false")
			.withBean(FinalClassOfInterface.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Starter.breaker(context, "payments").forceOpen("test");
				assertThatExceptionOfType(CircuitOpenException.class)
					.isThrownBy(() -> context.getBean(Runnable.class).run());
			});
	}

	@Test
	void operationThatTwoBeansWouldShareUnnamedShouldBeTold() {
		FailureAnalysis told = Starter.fail(
				Starter.runner().withBean("first", UnnamedOperation.class).withBean("second", UnnamedOperation.class));
		assertThat(told.getDescription()).contains("UnnamedOperation.call(String)", "[first, second]");
		assertThat(told.getAction()).contains("@Idempotent(operation = ...)");
		Starter.runner()
			.withBean("first", NamedOperation.class)
			.withBean("second", NamedOperation.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void classOfUserInPackageLikeSpringsShouldBeProtected() {
		Starter.run((context) -> {
			Starter.breaker(context, "payments").forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class)
				.isThrownBy(() -> context.getBean(Clinic.class).visit());
		}, Clinic.class);
	}

	@Test
	void valuesThatLookLikeWorkShouldBeReturned() {
		Starter.run((context) -> {
			ReturnsValues bean = context.getBean(ReturnsValues.class);
			assertThat(bean.task().call()).isEqualTo("done");
			assertThat(bean.supplier().get()).isEqualTo("done");
			assertThat(((Supplier<?>) bean.object()).get()).isEqualTo("done");
		}, ReturnsValues.class);
	}

	@ParameterizedTest
	@ValueSource(classes = { ReturnsFlux.class, ReturnsFuture.class, ReturnsOwnStage.class, ReturnsOwnMono.class,
			InheritsGenericFlux.class, ReturnsSse.class, ReturnsEmitter.class, ReturnsStreamingBody.class,
			ReturnsStreamingEntity.class, ReturnsDeferredResult.class, ReturnsWebTask.class, HandlesByCallable.class,
			ReturnsFlowPublisher.class })
	void returnTypeThatCannotBeProtectedShouldBeTold(Class<?> bean) {
		FailureAnalysis told = Starter.fail(bean);
		assertThat(told.getDescription()).contains(".call(", "which cannot be protected");
		assertThat(told.getAction()).contains("a plain value, a CompletionStage, a CompletableFuture or a Mono");
	}

	@Test
	void annotationThatNobodyHandlesShouldBeTold() {
		FailureAnalysis told = Starter.fail(Unhandled.class);
		assertThat(told.getDescription()).contains("Unhandled.call()", "nothing handles @Unheard");
	}

	@Test
	void lazyBeanShouldBeChecked() {
		FailureAnalysis told = Starter.fail(Starter.runner().withUserConfiguration(LazyBeans.class));
		assertThat(told.getDescription()).contains("UnknownBreaker.call()");
	}

	@Test
	void prototypeShouldBeChecked() {
		FailureAnalysis told = Starter.fail(Starter.runner().withUserConfiguration(PrototypeBeans.class));
		assertThat(told.getDescription()).contains("UnknownBreaker.call()");
	}

	@Test
	@Trap(45)
	void beanThatWasMadeBeforeProxiesCouldBeShouldBeTold() {
		FailureAnalysis told = Starter.fail(Starter.runner().withUserConfiguration(EarlyBeans.class));
		assertThat(told.getDescription()).contains("'early'", Working.class.getName(), "no proxy");
		assertThat(told.getAction()).contains("BeanPostProcessor");
	}

	@Test
	@Trap(45)
	void readyMadeSingletonShouldBeTold() {
		FailureAnalysis told = Starter.fail(Starter.runner()
			.withInitializer((context) -> context.getBeanFactory().registerSingleton("ready", new Working())));
		assertThat(told.getDescription()).contains("'ready'", Working.class.getName(), "no proxy");
		assertThat(told.getAction()).contains("ready-made singleton");
	}

	@Test
	void lazyBeanOfAnInterfaceShouldBeProtectedByItsClass() {
		Starter.runner().withUserConfiguration(LazyInterface.class).run((context) -> {
			assertThat(context).hasNotFailed();
			Port port = context.getBean(Port.class);
			assertThat(port.call("key")).isEqualTo("called 1");
			assertThat(port.call("key")).isEqualTo("called 1");
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(port.read()).isEqualTo("instead");
		});
	}

	@Test
	void scopedProxyShouldBeProtectedOnce() {
		Starter.runner().withUserConfiguration(ScopedBeans.class).run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean("scoped", Working.class).call();
			assertThat(Starter.breaker(context, "payments").snapshot().calls()).containsEntry("succeeded", 1L);
		});
	}

	@Test
	void productOfFactoryShouldBeProtectedByItsInterface() {
		Starter.with(Starter.runner(), ClientFactory.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertClientIsProtected(context);
		});
		FailureAnalysis told = Starter.fail(BadClientFactory.class);
		assertThat(told.getDescription()).contains("BadClient.call()", "no circuit-breaker named 'paymets'");
	}

	@Test
	void generatedClientShouldBeProtectedByItsInterface() {
		Starter.runner().withUserConfiguration(GeneratedClient.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertClientIsProtected(context);
		});
	}

	@Test
	void configurationClassShouldBeProtectedAndItsPolicyMadeOnce() {
		Starter.runner().withUserConfiguration(ProtectedConfiguration.class).run((context) -> {
			assertThat(context).hasNotFailed();
			ProtectedConfiguration bean = context.getBean(ProtectedConfiguration.class);
			assertThat(bean.once("key")).isEqualTo(bean.once("key"));
		});
	}

	@Test
	void resilienceThatIsDisabledShouldProtectNothing() {
		Starter.with(Starter.bare().withPropertyValues("resilience.enabled=false"), UnknownBreaker.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(AopUtils.isAopProxy(context.getBean(UnknownBreaker.class))).isFalse();
			});
	}

	private static void assertClientIsProtected(ApplicationContext context) {
		Client client = context.getBean(Client.class);
		assertThat(client.send("alice")).isEqualTo("sent");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> client.send("alice"));
		assertThat(client.send("bob")).isEqualTo("sent");
		Starter.breaker(context, "payments").forceOpen("test");
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(client::ping);
	}

	static class UnknownBreaker {

		@CircuitProtected("paymets")
		public void call() {
		}

	}

	static class UnknownLimiter {

		@RateLimited("order")
		public void call() {
		}

	}

	static class UnknownSwitch {

		@KillSwitched("payment")
		public void call() {
		}

	}

	static class EmptyName {

		@CircuitProtected("")
		public void call() {
		}

	}

	static class Unparseable {

		@RateLimited(value = "orders", key = "#name.")
		public void call(String name) {
		}

	}

	static class UnknownParameter {

		@Idempotent(key = "#nmae")
		public void call(String name) {
		}

	}

	static class PrivateMethod {

		@CircuitProtected("payments")
		private void call() {
		}

		void use() {
			call();
		}

	}

	static class StaticMethod {

		@CircuitProtected("payments")
		public static void call() {
		}

	}

	static class FinalMethod {

		@CircuitProtected("payments")
		public final void call() {
		}

	}

	static class FinalInterfaceMethod implements Callable<String> {

		@Override
		@CircuitProtected("payments")
		public final String call() {
			return "called";
		}

	}

	@CircuitProtected("payments")
	static class FinalMethodOfClass {

		public final void call() {
		}

	}

	static class MethodOfObject {

		@Override
		@CircuitProtected("payments")
		public String toString() {
			return "called";
		}

	}

	static class UnnamedOperation {

		@Idempotent(key = "#p0")
		public void call(String key) {
		}

	}

	static class NamedOperation {

		@Idempotent(operation = "named", key = "#p0")
		public void call(String key) {
		}

	}

	static final class FinalClass {

		@CircuitProtected("payments")
		public void call() {
		}

	}

	static final class FinalClassOfInterface implements Runnable {

		@Override
		@CircuitProtected("payments")
		public void run() {
		}

	}

	@CircuitProtected("payments")
	static final class FinalAnnotatedClass {

		public void call() {
		}

	}

	static class ReturnsValues {

		@CircuitProtected("payments")
		public Callable<String> task() {
			return () -> "done";
		}

		@CircuitProtected("payments")
		public Supplier<String> supplier() {
			return () -> "done";
		}

		@CircuitProtected("payments")
		public Object object() {
			return supplier();
		}

	}

	static class ReturnsSse {

		@CircuitProtected("payments")
		public SseEmitter call() {
			return new SseEmitter();
		}

	}

	static class ReturnsEmitter {

		@CircuitProtected("payments")
		public ResponseBodyEmitter call() {
			return new ResponseBodyEmitter();
		}

	}

	static class ReturnsStreamingBody {

		@CircuitProtected("payments")
		public StreamingResponseBody call() {
			return (out) -> {
			};
		}

	}

	static class ReturnsStreamingEntity {

		@CircuitProtected("payments")
		public ResponseEntity<StreamingResponseBody> call() {
			return ResponseEntity.ok().build();
		}

	}

	static class ReturnsDeferredResult {

		@CircuitProtected("payments")
		public DeferredResult<String> call() {
			return new DeferredResult<>();
		}

	}

	static class ReturnsWebTask {

		@CircuitProtected("payments")
		public WebAsyncTask<String> call() {
			return new WebAsyncTask<>(() -> "done");
		}

	}

	static class HandlesByCallable {

		@GetMapping
		@CircuitProtected("payments")
		public Callable<String> call() {
			return () -> "done";
		}

	}

	static class ReturnsFlowPublisher {

		@CircuitProtected("payments")
		public Flow.Publisher<String> call() {
			throw new IllegalStateException();
		}

	}

	static class ReturnsFlux {

		@CircuitProtected("payments")
		public Flux<String> call() {
			return Flux.empty();
		}

	}

	static class ReturnsFuture {

		@CircuitProtected("payments")
		public Future<String> call() {
			return new CompletableFuture<>();
		}

	}

	static class OwnStage extends CompletableFuture<String> {

	}

	static class ReturnsOwnStage {

		@CircuitProtected("payments")
		public OwnStage call() {
			return new OwnStage();
		}

	}

	abstract static class OwnMono extends Mono<String> {

	}

	static class ReturnsOwnMono {

		@CircuitProtected("payments")
		public OwnMono call() {
			throw new IllegalStateException();
		}

	}

	static class GenericParent<T> {

		@CircuitProtected("payments")
		public T call(T value) {
			return value;
		}

	}

	static class InheritsGenericFlux extends GenericParent<Flux<String>> {

	}

	@Protection
	@Retention(RetentionPolicy.RUNTIME)
	@interface Unheard {

	}

	static class Unhandled {

		@Unheard
		public void call() {
		}

	}

	static class Working {

		@CircuitProtected("payments")
		public void call() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class LazyBeans {

		@Bean
		@Lazy
		UnknownBreaker lazy() {
			throw new IllegalStateException("made");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrototypeBeans {

		@Bean
		@Scope(BeanDefinition.SCOPE_PROTOTYPE)
		UnknownBreaker prototype() {
			throw new IllegalStateException("made");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class EarlyBeans {

		@Bean
		static Working early() {
			return new Working();
		}

		@Bean
		static EarlyProcessor needsIt(Working early) {
			return new EarlyProcessor(early);
		}

	}

	record EarlyProcessor(Working early) implements BeanPostProcessor, PriorityOrdered {

		@Override
		public int getOrder() {
			return 0;
		}

	}

	interface Port {

		@Idempotent(operation = "port", key = "#key")
		String call(String key);

		@CircuitProtected(value = "payments", fallback = "instead")
		String read();

	}

	static class Adapter implements Port {

		private int calls;

		@Override
		public String call(String key) {
			return "called " + ++this.calls;
		}

		@Override
		public String read() {
			return "read";
		}

		String instead() {
			return "instead";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class LazyInterface {

		@Bean
		@Lazy
		Port port() {
			return new Adapter();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ScopedBeans {

		@Bean
		@Scope(scopeName = BeanDefinition.SCOPE_PROTOTYPE, proxyMode = ScopedProxyMode.TARGET_CLASS)
		Working scoped() {
			return new Working();
		}

	}

	interface Client {

		@RateLimited(value = "orders", key = "#customer")
		String send(String customer);

		@CircuitProtected("payments")
		String ping();

	}

	interface BadClient {

		@CircuitProtected("paymets")
		String call();

	}

	private static <T> T client(Class<T> type) {
		return ProxyFactory.getProxy(type, (MethodInterceptor) (invocation) -> "sent");
	}

	static class ClientFactory implements FactoryBean<Client> {

		@Override
		public Client getObject() {
			return client(Client.class);
		}

		@Override
		public Class<?> getObjectType() {
			return Client.class;
		}

	}

	static class BadClientFactory implements FactoryBean<BadClient> {

		@Override
		public BadClient getObject() {
			return client(BadClient.class);
		}

		@Override
		public Class<?> getObjectType() {
			return BadClient.class;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class GeneratedClient {

		@Bean
		Client client() {
			return StartUpFailureTests.client(Client.class);
		}

	}

	@Configuration
	static class ProtectedConfiguration {

		private int calls;

		@Idempotent(operation = "once", key = "#key")
		public String once(String key) {
			return "call " + ++this.calls;
		}

		@Bean
		List<String> bean() {
			return List.of();
		}

	}

	@CircuitProtected("payments")
	@Retention(RetentionPolicy.RUNTIME)
	@interface Guarded {

	}

	@CircuitProtected("other")
	@Retention(RetentionPolicy.RUNTIME)
	@interface Watched {

	}

	static class ConfiguredTtl {

		@Idempotent(key = "#p0", ttl = "${ttl}")
		public void call(String key) {
		}

	}

	static class OwnBesideComposed {

		@Guarded
		@CircuitProtected("other")
		public void call() {
		}

	}

	static class TwoComposed {

		@Guarded
		@Watched
		public void call() {
		}

	}

	@Guarded
	@Watched
	static class TwoComposedOfClass {

		public void call() {
		}

	}

	@Guarded
	static class OverridesClass {

		@Watched
		public void call() {
		}

	}

}
