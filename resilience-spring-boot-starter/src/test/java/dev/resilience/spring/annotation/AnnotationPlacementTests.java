package dev.resilience.spring.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.function.Function;

import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.aop.Starter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.support.AopUtils;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.annotation.AliasFor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Where an annotation may stand, and what it protects there.
 */
class AnnotationPlacementTests {

	@Test
	void annotationOnMethodShouldProtectOnlyIt() {
		Starter.run((context) -> {
			OnMethod bean = context.getBean(OnMethod.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::annotated);
			assertThat(bean.plain()).isEqualTo("plain");
			assertRejected(bean::packagePrivate);
		}, OnMethod.class);
	}

	@Test
	void annotationOnClassShouldProtectPublicMethodsAlsoInherited() {
		Starter.run((context) -> {
			OnClass bean = context.getBean(OnClass.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::inherited);
			assertRejected(bean::own);
			assertThat(bean.packagePrivate()).isEqualTo("package-private");
		}, OnClass.class);
	}

	@Test
	void annotationOnClassShouldLeaveMethodsOfObjectAlone() {
		Starter.run((context) -> {
			OnClass bean = context.getBean(OnClass.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean).hasToString("on class").isEqualTo(bean);
			assertThat(bean.hashCode()).isEqualTo(bean.hashCode());
		}, OnClass.class);
	}

	@Test
	void annotationOnSuperclassShouldProtectSubclass() {
		Starter.run((context) -> {
			OnClassChild bean = context.getBean(OnClassChild.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::own);
			assertRejected(bean::added);
		}, OnClassChild.class);
	}

	@Test
	void annotationOnMethodShouldWinOverClass() {
		Starter.run((context) -> {
			OnBoth bean = context.getBean(OnBoth.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean.onMethod()).isEqualTo("method");
			assertRejected(bean::onClass);
			Starter.breaker(context, "payments").reset("test");
			Starter.breaker(context, "other").forceOpen("test");
			assertRejected(bean::onMethod);
			assertThat(bean.onClass()).isEqualTo("class");
		}, OnBoth.class);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void annotationOnInterfaceShouldProtectImplementation(boolean proxyTargetClass) {
		runner(proxyTargetClass, OnInterfaceImpl.class).run((context) -> {
			OnInterface bean = context.getBean(OnInterface.class);
			assertThat(AopUtils.isJdkDynamicProxy(bean)).isEqualTo(!proxyTargetClass);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::onMethod);
			assertRejected(bean::onDefaultMethod);
			assertThat(bean.plain()).isEqualTo("plain");
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void annotationOnTypeOfInterfaceShouldProtectImplementation(boolean proxyTargetClass) {
		runner(proxyTargetClass, OnInterfaceTypeImpl.class).run((context) -> {
			OnInterfaceType bean = context.getBean(OnInterfaceType.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::call);
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void annotationOnImplementationShouldProtectCallsThroughInterface(boolean proxyTargetClass) {
		runner(proxyTargetClass, PlainInterfaceImpl.class).run((context) -> {
			PlainInterface bean = context.getBean(PlainInterface.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::call);
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void annotationOnGenericMethodShouldProtectItsBridgesOnce(boolean proxyTargetClass) {
		runner(proxyTargetClass, GenericImpl.class).run((context) -> {
			@SuppressWarnings("unchecked")
			Function<String, Integer> bean = context.getBean("GenericImpl", Function.class);
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			assertThat(bean.apply("four")).isEqualTo(4);
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 1L);
			breaker.forceOpen("test");
			assertRejected(() -> assertThat(bean.apply("four")).isNull());
		});
	}

	@Test
	void annotationOnInheritedMethodShouldProtectSubclassThatOverridesIt() {
		Starter.run((context) -> {
			Overriding bean = context.getBean(Overriding.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::annotated);
		}, Overriding.class);
	}

	@Test
	void metaAnnotationShouldProtectAndOverrideAttributes() {
		Starter.run((context) -> {
			WithMetaAnnotation bean = context.getBean(WithMetaAnnotation.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertRejected(bean::fixed);
			assertThat(bean.aliased()).isEqualTo("aliased");
			Starter.breaker(context, "other").forceOpen("test");
			assertThat(bean.aliased()).isEqualTo("instead");
		}, WithMetaAnnotation.class);
	}

	@Test
	void methodsThatNameOneBreakerShouldShareIt() {
		Starter.run((context) -> {
			Sharing bean = context.getBean(Sharing.class);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(bean::failing);
			assertRejected(bean::working);
			assertRejected(context.getBean(OnMethod.class)::annotated);
		}, Sharing.class, OnMethod.class);
	}

	@Test
	void callFromWithinTheBeanShouldNotBeProtected() {
		Starter.run((context) -> {
			SelfInvoking bean = context.getBean(SelfInvoking.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean.outer()).isEqualTo("inner");
			assertRejected(bean::inner);
		}, SelfInvoking.class);
	}

	@Test
	void beanWithoutAnnotationsShouldNotBeProxied() {
		Starter.run((context) -> {
			assertThat(AopUtils.isAopProxy(context.getBean(Unprotected.class))).isFalse();
			assertThatNoException().isThrownBy(context.getBean(Unprotected.class)::call);
		}, Unprotected.class);
	}

	private static ApplicationContextRunner runner(boolean proxyTargetClass, Class<?> bean) {
		return Starter.with(Starter.runner(), bean)
			.withPropertyValues("spring.aop.proxy-target-class=" + proxyTargetClass);
	}

	private static void assertRejected(Runnable call) {
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(call::run);
	}

	static class OnMethod {

		@CircuitProtected("payments")
		public String annotated() {
			return "annotated";
		}

		public String plain() {
			return "plain";
		}

		@CircuitProtected("payments")
		String packagePrivate() {
			return "package-private";
		}

	}

	static class Overriding extends OnMethod {

		@Override
		public String annotated() {
			return "overridden";
		}

	}

	static class Parent {

		public String inherited() {
			return "inherited";
		}

	}

	@CircuitProtected("payments")
	static class OnClass extends Parent {

		public String own() {
			return "own";
		}

		String packagePrivate() {
			return "package-private";
		}

		@Override
		public String toString() {
			return "on class";
		}

		@Override
		public boolean equals(Object other) {
			return other instanceof OnClass;
		}

		@Override
		public int hashCode() {
			return 1;
		}

	}

	static class OnClassChild extends OnClass {

		public String added() {
			return "added";
		}

	}

	@CircuitProtected("payments")
	static class OnBoth {

		@CircuitProtected("other")
		public String onMethod() {
			return "method";
		}

		public String onClass() {
			return "class";
		}

	}

	interface OnInterface {

		@CircuitProtected("payments")
		String onMethod();

		@CircuitProtected("payments")
		default String onDefaultMethod() {
			return "default";
		}

		String plain();

	}

	static class OnInterfaceImpl implements OnInterface {

		@Override
		public String onMethod() {
			return "method";
		}

		@Override
		public String plain() {
			return "plain";
		}

	}

	@CircuitProtected("payments")
	interface OnInterfaceType {

		String call();

	}

	static class OnInterfaceTypeImpl implements OnInterfaceType {

		@Override
		public String call() {
			return "called";
		}

	}

	interface PlainInterface {

		String call();

	}

	static class PlainInterfaceImpl implements PlainInterface {

		@Override
		@CircuitProtected("payments")
		public String call() {
			return "called";
		}

	}

	static class GenericImpl implements Function<String, Integer> {

		@Override
		@CircuitProtected("payments")
		public Integer apply(String text) {
			return text.length();
		}

	}

	@CircuitProtected("payments")
	@Retention(RetentionPolicy.RUNTIME)
	@Target(ElementType.METHOD)
	@interface Fixed {

	}

	@CircuitProtected("payments")
	@Retention(RetentionPolicy.RUNTIME)
	@Target(ElementType.METHOD)
	@interface Aliased {

		@AliasFor(annotation = CircuitProtected.class, attribute = "value")
		String breaker();

		@AliasFor(annotation = CircuitProtected.class, attribute = "fallback")
		String[] otherwise();

	}

	static class WithMetaAnnotation {

		@Fixed
		public String fixed() {
			return "fixed";
		}

		@Aliased(breaker = "other", otherwise = "instead")
		public String aliased() {
			return "aliased";
		}

		String instead() {
			return "instead";
		}

	}

	static class Sharing {

		@CircuitProtected("payments")
		public String failing() {
			throw new IllegalStateException("failed");
		}

		@CircuitProtected("payments")
		public String working() {
			return "works";
		}

	}

	static class SelfInvoking {

		public String outer() {
			return inner();
		}

		@CircuitProtected("payments")
		public String inner() {
			return "inner";
		}

	}

	static class Unprotected {

		public void call() {
		}

	}

}
