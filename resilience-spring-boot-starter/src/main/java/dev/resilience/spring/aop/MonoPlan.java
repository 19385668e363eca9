package dev.resilience.spring.aop;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Method;
import java.util.concurrent.CompletionStage;

import dev.resilience.Pipeline.Compiled;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.aop.ProxyMethodInvocation;

/**
 * Calls a method that returns a mono. Each subscription is one call: the method itself is
 * only called then, the subscriber's context reaches the callee's mono, and cancelling
 * the subscription cancels it.
 */
final class MonoPlan implements MethodPlan {

	private final Compiled<MethodInvocation, @Nullable Object> chain;

	MonoPlan(Compiled<MethodInvocation, @Nullable Object> chain) {
		this.chain = chain;
	}

	static boolean handles(Class<?> type) {
		return type == Mono.class;
	}

	@Override
	public Object invoke(MethodInvocation invocation) {
		ProxyMethodInvocation original = (ProxyMethodInvocation) invocation;
		return Mono.deferContextual((context) -> {
			MethodInvocation call = new Subscribed(original.invocableClone(), context);
			return Mono.fromFuture(() -> this.chain.callAsync(call).toCompletableFuture());
		});
	}

	@SuppressWarnings("unchecked")
	static CompletionStage<@Nullable Object> toStage(Object returned, MethodInvocation invocation) {
		return ((Mono<Object>) returned).contextWrite(((Subscribed) invocation).context).toFuture();
	}

	/**
	 * A call that carries its subscriber's context.
	 */
	static final class Subscribed implements MethodInvocation {

		private final MethodInvocation invocation;

		private final ContextView context;

		Subscribed(MethodInvocation invocation, ContextView context) {
			this.invocation = invocation;
			this.context = context;
		}

		Subscribed copy() {
			return new Subscribed(((ProxyMethodInvocation) this.invocation).invocableClone(), this.context);
		}

		@Override
		public Method getMethod() {
			return this.invocation.getMethod();
		}

		@Override
		public @Nullable Object[] getArguments() {
			return this.invocation.getArguments();
		}

		@Override
		public @Nullable Object proceed() throws Throwable {
			return this.invocation.proceed();
		}

		@Override
		public @Nullable Object getThis() {
			return this.invocation.getThis();
		}

		@Override
		public AccessibleObject getStaticPart() {
			return this.invocation.getStaticPart();
		}

	}

}
