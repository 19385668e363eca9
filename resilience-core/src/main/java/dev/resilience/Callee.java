package dev.resilience;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * The innermost step of every composition. A rejection that leaves the callee belongs to
 * somebody else's pipeline, so it is marked on its way out: to the policies around, it is
 * a failure like any other.
 */
final class Callee<A, T extends @Nullable Object> extends Step<A, T> {

	private static final Callee<Callable<?>, ?> PLAIN = new Callee<>(Callable::call);

	private static final Callee<Supplier<? extends CompletionStage<?>>, ?> ASYNC = new Callee<>(Supplier::get);

	private final Policy.Call<A, ?> work;

	Callee(Policy.Call<A, ?> work) {
		this.work = work;
	}

	@SuppressWarnings("unchecked")
	static <T extends @Nullable Object> Policy.Call<Callable<T>, T> plain() {
		return (Policy.Call<Callable<T>, T>) (Policy.Call<?, ?>) PLAIN;
	}

	@SuppressWarnings("unchecked")
	static <S extends Supplier<? extends CompletionStage<T>>, T extends @Nullable Object> Policy.Call<S, CompletionStage<T>> async() {
		return (Policy.Call<S, CompletionStage<T>>) (Policy.Call<?, ?>) ASYNC.asynchronous();
	}

	@Override
	@SuppressWarnings("unchecked")
	public T invoke(A argument) throws Throwable {
		try {
			return (T) this.work.invoke(argument);
		}
		catch (CallRejectedException ex) {
			throw ex.leaveCallee();
		}
	}

	@Override
	@SuppressWarnings("unchecked")
	CompletionStage<T> invokeAsync(A argument) throws Throwable {
		CompletionStage<T> stage = (CompletionStage<T>) invoke(argument);
		if (stage == null) {
			throw new NullPointerException("The asynchronous call returned null instead of a stage");
		}
		return AsyncCall.relay(stage, (failure) -> {
			if (failure instanceof CallRejectedException rejection) {
				rejection.leaveCallee();
			}
		});
	}

}
