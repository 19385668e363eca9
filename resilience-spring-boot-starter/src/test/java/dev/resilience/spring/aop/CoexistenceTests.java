package dev.resilience.spring.aop;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.time.TimeSource;
import org.aspectj.lang.annotation.Aspect;
import org.aspectj.lang.annotation.Before;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCache;
import org.springframework.cache.support.SimpleCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.task.TaskExecutor;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.SimpleTransactionStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Our annotations beside Spring's own, with AspectJ and without.
 */
class CoexistenceTests {

	@Test
	void cacheShouldStandOutsideAndTransactionInside() {
		runner(Application.class).run((context) -> {
			Service service = context.getBean(Service.class);
			Journal journal = context.getBean(Journal.class);
			assertThat(service.plain("a")).isEqualTo("plain a");
			assertThat(journal.drain()).containsExactly("cache", "ours", "begin", "method", "commit");
			assertThat(service.plain("a")).isEqualTo("plain a");
			assertThat(journal.drain()).containsExactly("cache");
		});
	}

	@Test
	void asyncShouldStandOutsideTheCache() {
		runner(Application.class).run((context) -> {
			Service service = context.getBean(Service.class);
			Journal journal = context.getBean(Journal.class);
			assertThat(service.later("a").get()).isEqualTo("later a");
			assertThat(journal.drain()).containsExactly("async", "cache", "ours", "begin", "method", "commit");
			assertThat(service.later("a").get()).isEqualTo("later a");
			assertThat(journal.drain()).containsExactly("async", "cache");
		});
	}

	@Test
	void cacheWithAnOrderOfItsOwnShouldKeepIt() {
		runner(CacheWithOrder.class).run((context) -> {
			Service service = context.getBean(Service.class);
			Journal journal = context.getBean(Journal.class);
			service.plain("a");
			assertThat(journal.drain()).containsExactly("cache", "ours", "begin", "method", "commit");
			assertThat(context.getBean("org.springframework.cache.config.internalCacheAdvisor"))
				.hasFieldOrPropertyWithValue("order", 7);
		});
	}

	@Test
	void commitThatFailsShouldCountAgainstTheBreaker() {
		runner(Application.class).run((context) -> {
			Service service = context.getBean(Service.class);
			context.getBean(Transactions.class).failing = true;
			assertThatExceptionOfType(TransactionSystemException.class).isThrownBy(service::commit);
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(service::commit);
		});
	}

	@ParameterizedTest
	@Trap(45)
	@CsvSource({ "true, true, true", "true, true, false", "true, false, true", "false, true, true",
			"false, false, true", "false, false, false" })
	void annotationsShouldWorkWithAndWithoutAspectJ(boolean aspectJ, boolean auto, boolean proxyTargetClass) {
		ApplicationContextRunner runner = Starter.with(Starter.runner(), Plain.class)
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
			.withPropertyValues("spring.aop.auto=" + auto, "spring.aop.proxy-target-class=" + proxyTargetClass);
		runner = aspectJ ? runner : runner.withClassLoader(new FilteredClassLoader("org.aspectj"));
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			Port bean = context.getBean(Port.class);
			assertThat(AopUtils.isCglibProxy(bean)).isEqualTo(proxyTargetClass);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(bean::call);
		});
	}

	@Test
	void annotationsShouldProtectOnceBesideAspects() {
		Starter.with(Starter.runner().withUserConfiguration(WithAspects.class), Plain.class).run((context) -> {
			assertThat(context).hasNotFailed();
			context.getBean(Port.class).call();
			assertThat(context.getBean(CountingAspect.class).count).isEqualTo(1);
			assertThat(Starter.breaker(context, "payments").snapshot().calls()).containsEntry("succeeded", 1L);
		});
	}

	private static ApplicationContextRunner runner(Class<?> configuration) {
		return Starter.with(Starter.runner(), Service.class, Transactions.class, Journal.class)
			.withUserConfiguration(configuration);
	}

	/**
	 * Writes down the order of things.
	 */
	static class Journal {

		private final List<String> entries = new CopyOnWriteArrayList<>();

		void write(String entry) {
			this.entries.add(entry);
		}

		List<String> drain() {
			List<String> drained = List.copyOf(this.entries);
			this.entries.clear();
			return drained;
		}

	}

	@Protection
	@Retention(RetentionPolicy.RUNTIME)
	@interface Noted {

	}

	record NotedBinding(Journal journal, TimeSource time) implements ProtectionBinding<Noted> {

		@Override
		public Class<Noted> annotationType() {
			return Noted.class;
		}

		@Override
		public int order() {
			return 1000;
		}

		@Override
		public List<BoundPolicy> bind(MergedAnnotation<Noted> annotation, ProtectedMethod method) {
			return List.of(BoundPolicy.of(new NotingGate(method.qualifiedName(), this.time, this.journal::write)));
		}

	}

	static final class NotingGate extends Gate {

		private final Consumer<String> journal;

		NotingGate(String name, TimeSource time, Consumer<String> journal) {
			super("noting", name, time, List.of());
			this.journal = journal;
		}

		@Override
		protected Admission admit(CallContext context) {
			this.journal.accept("ours");
			return Permit.INERT;
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "NOTING", List.of("NOTING")).build();
		}

	}

	static class Service {

		private final Journal journal;

		Service(Journal journal) {
			this.journal = journal;
		}

		@Noted
		@Cacheable("plain")
		@Transactional
		public String plain(String text) {
			this.journal.write("method");
			return "plain " + text;
		}

		@Async
		@Noted
		@Cacheable("later")
		@Transactional
		public CompletableFuture<String> later(String text) {
			this.journal.write("method");
			return CompletableFuture.completedFuture("later " + text);
		}

		@Transactional
		@CircuitProtected("payments")
		public void commit() {
			this.journal.write("method");
		}

	}

	static class Transactions implements PlatformTransactionManager {

		private final Journal journal;

		private boolean failing;

		Transactions(Journal journal) {
			this.journal = journal;
		}

		@Override
		public TransactionStatus getTransaction(@Nullable TransactionDefinition definition) {
			this.journal.write("begin");
			return new SimpleTransactionStatus();
		}

		@Override
		public void commit(TransactionStatus status) {
			this.journal.write("commit");
			if (this.failing) {
				throw new TransactionSystemException("commit failed");
			}
		}

		@Override
		public void rollback(TransactionStatus status) {
			this.journal.write("rollback");
		}

	}

	static final class NotingCache extends ConcurrentMapCache {

		private final Journal journal;

		NotingCache(String name, Journal journal) {
			super(name);
			this.journal = journal;
		}

		@Override
		public Cache.@Nullable ValueWrapper get(Object key) {
			this.journal.write("cache");
			return super.get(key);
		}

		@Override
		public @Nullable CompletableFuture<?> retrieve(Object key) {
			this.journal.write("cache");
			return super.retrieve(key);
		}

	}

	static class Common {

		@Bean
		CacheManager cacheManager(Journal journal) {
			SimpleCacheManager manager = new SimpleCacheManager();
			manager.setCaches(List.of(new NotingCache("plain", journal), new NotingCache("later", journal)));
			return manager;
		}

		@Bean
		TaskExecutor taskExecutor(Journal journal) {
			return (task) -> {
				journal.write("async");
				Thread thread = new Thread(task);
				thread.start();
			};
		}

		@Bean
		NotedBinding notedBinding(Journal journal, TimeSource time) {
			return new NotedBinding(journal, time);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	@EnableCaching
	@EnableTransactionManagement
	static class Application extends Common {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	@EnableCaching(order = 7)
	@EnableTransactionManagement
	static class CacheWithOrder extends Common {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAspectJAutoProxy
	static class WithAspects {

		@Bean
		CountingAspect countingAspect() {
			return new CountingAspect();
		}

	}

	/**
	 * Counts calls.
	 */
	@Aspect
	static class CountingAspect {

		private int count;

		@Before("execution(* dev.resilience.spring.aop.CoexistenceTests.Port.call())")
		void count() {
			this.count++;
		}

	}

	/**
	 * Public, so that a class loader of its own may make proxies of it.
	 */
	public interface Port {

		/**
		 * Is called.
		 * @return something
		 */
		String call();

	}

	/**
	 * Public, so that a class loader of its own may make proxies of it.
	 */
	public static class Plain implements Port {

		@Override
		@CircuitProtected("payments")
		public String call() {
			return "called";
		}

	}

}
