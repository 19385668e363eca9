package dev.resilience;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Policies around one call, outermost first. Immutable and thread-safe.
 * <p>
 * Gates that stand side by side are all acquired before the call begins; if a later one
 * rejects, the permits taken before it are abandoned. A rejection by a policy of this
 * pipeline is no failure to the policies around it, one that comes out of the callee is.
 */
public final class Pipeline {

	private final List<Policy> policies;

	private final Compiled<Callable<?>, @Nullable Object> plain;

	private final Compiled<Supplier<? extends CompletionStage<?>>, @Nullable Object> async;

	private Pipeline(List<Policy> policies) {
		this.policies = policies;
		List<Function<Object, CallContext>> contexts = Collections.nCopies(policies.size(),
				(ignored) -> CallContext.NONE);
		this.plain = compile(policies, contexts, Callable::call);
		this.async = compile(policies, contexts, Supplier::get);
	}

	/**
	 * Composes policies.
	 * @param policies the policies, outermost first
	 * @return the pipeline
	 * @throws IllegalArgumentException when one stands twice, as each call would take two
	 * of its permits
	 */
	public static Pipeline of(Policy... policies) {
		List<Policy> all = List.of(policies);
		for (Policy policy : all) {
			if (all.indexOf(policy) < all.lastIndexOf(policy)) {
				throw new IllegalArgumentException("The " + policy.type() + " '" + policy.name()
						+ "' stands twice in the pipeline: each call would pass it twice. Name it once.");
			}
		}
		return new Pipeline(all);
	}

	/**
	 * The policies, outermost first.
	 * @return the policies
	 */
	public List<Policy> policies() {
		return this.policies;
	}

	/**
	 * Runs a call through all policies.
	 * @param <T> what it returns
	 * @param call the call
	 * @return what it returned, or what a policy put in its place
	 * @throws Exception what it threw, as it is
	 * @throws CallRejectedException when a policy did not let it pass
	 */
	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	public <T extends @Nullable Object> T call(Callable<T> call) throws Exception {
		try {
			return (T) this.plain.call(call);
		}
		catch (Exception | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException("A Callable threw " + ex, ex);
		}
	}

	/**
	 * Runs an asynchronous call through all policies. It never throws, every path
	 * completes the stage, and cancelling the stage's future cancels the call.
	 * @param <T> what it returns
	 * @param call starts the call
	 * @return the outcome
	 */
	@SuppressWarnings("unchecked")
	public <T extends @Nullable Object> CompletionStage<T> callAsync(Supplier<? extends CompletionStage<T>> call) {
		return (CompletionStage<T>) this.async.callAsync(call);
	}

	/**
	 * Puts all policies around a call once, to be handed on in place of it: as a
	 * {@link Callable}, a {@link Supplier} or a {@link Runnable}.
	 * @param <T> what it returns
	 * @param call the call; of a supplier {@code supplier::get}, of a runnable
	 * {@code Executors.callable(runnable)}
	 * @return the call under all policies
	 */
	public <T extends @Nullable Object> Decorated<T> decorate(Callable<T> call) {
		return new Decorated<>(this, call);
	}

	/**
	 * As {@link #decorate(Callable)}, for asynchronous calls.
	 * @param <T> what it returns
	 * @param call starts the call
	 * @return the call under all policies
	 */
	public <T extends @Nullable Object> Supplier<CompletionStage<T>> decorateAsync(
			Supplier<? extends CompletionStage<T>> call) {
		return () -> callAsync(call);
	}

	/**
	 * Composes policies around work that is known beforehand, each with its own way of
	 * reading the call: what an interceptor needs, once for each method.
	 * @param <A> what the work needs
	 * @param <T> what the work returns, or what its stage holds
	 * @param policies the policies, outermost first
	 * @param contexts for each policy, how it learns what it may know of the call
	 * @param work the work; for {@link Compiled#callAsync(Object)} it returns a stage
	 * @return the chain
	 */
	public static <A, T extends @Nullable Object> Compiled<A, T> compile(List<? extends Policy> policies,
			List<? extends Function<? super A, CallContext>> contexts, Policy.Call<A, ?> work) {
		Step<A, T> chain = new Callee<>(work);
		int end = policies.size();
		while (end > 0) {
			int begin = end - 1;
			if (policies.get(begin) instanceof Gate) {
				while (begin > 0 && policies.get(begin - 1) instanceof Gate) {
					begin--;
				}
				List<Gate> gates = new ArrayList<>();
				policies.subList(begin, end).forEach((policy) -> gates.add((Gate) policy));
				StopCheck outer = StopCheck.before(policies, begin);
				chain = new GateStep<>(new GateRow<>(gates, contexts.subList(begin, end), outer), chain);
			}
			else {
				Policy policy = policies.get(begin);
				chain = policy.mayDelay() ? new LookStep<>(StopCheck.before(policies, begin), chain) : chain;
				chain = new WrapStep<>(policy, contexts.get(begin), chain);
			}
			end = begin;
		}
		return new Compiled<>(chain);
	}

	/**
	 * A chain of policies around known work.
	 *
	 * @param <A> what the work needs
	 * @param <T> what the work returns, or what its stage holds
	 */
	public static final class Compiled<A, T extends @Nullable Object> {

		private final Step<A, T> chain;

		private Compiled(Step<A, T> chain) {
			this.chain = chain;
		}

		/**
		 * Runs the work through all policies.
		 * @param argument what the work needs
		 * @return what the work returned, or what a policy put in its place
		 * @throws Throwable what the work threw, as it is, or a policy's rejection
		 */
		public T call(A argument) throws Throwable {
			return this.chain.invoke(argument);
		}

		/**
		 * Runs asynchronous work through all policies. Never throws; cancelling the
		 * stage's future cancels the work.
		 * @param argument what the work needs
		 * @return the outcome
		 */
		public CompletionStage<T> callAsync(A argument) {
			try {
				return this.chain.invokeAsync(argument);
			}
			catch (Throwable ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

	}

	/**
	 * A call under policies, in whatever form it is wanted. Thread-safe if the call is.
	 *
	 * @param <T> what it returns
	 */
	public static final class Decorated<T extends @Nullable Object> implements Callable<T>, Supplier<T>, Runnable {

		private final Pipeline pipeline;

		private final Callable<T> call;

		private Decorated(Pipeline pipeline, Callable<T> call) {
			this.pipeline = pipeline;
			this.call = call;
		}

		@Override
		public T call() throws Exception {
			return this.pipeline.call(this.call);
		}

		/**
		 * As {@link #call()}.
		 * @throws CompletionException with the cause, when the call threw a checked
		 * exception
		 */
		@Override
		public T get() {
			try {
				return call();
			}
			catch (RuntimeException ex) {
				throw ex;
			}
			catch (Exception ex) {
				if (ex instanceof InterruptedException) {
					Thread.currentThread().interrupt();
				}
				throw new CompletionException(ex);
			}
		}

		/**
		 * As {@link #get()}.
		 */
		@Override
		public void run() {
			get();
		}

	}

}
