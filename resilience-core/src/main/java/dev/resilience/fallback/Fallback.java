package dev.resilience.fallback;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.CallContext;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Answers in the place of a call that failed, rejections by inner policies included.
 * Thread-safe. Meant as the outermost policy, so that it runs once.
 * <p>
 * The first handler that {@linkplain Handler#handles(Throwable) handles} the failure
 * answers. If it fails too, its failure goes to the next handler that handles that one.
 * When no answer is found, the original failure is thrown as it is, with those of the
 * handlers suppressed on it (at most 8).
 * {@linkplain dev.resilience.CallRejectedException#isFinal() Final} rejections only ever
 * reach handlers that name exactly their type.
 * <p>
 * Nothing checks that a handler's value has the type that the caller expects: whoever
 * pairs handlers and calls does. An interruption that a handler answers for leaves the
 * thread's interrupt flag set.
 */
public final class Fallback extends Policy {

	private static final String ENABLED = "ENABLED";

	private final List<Handler> handlers;

	private final LongAdder passed = new LongAdder();

	private final LongAdder recovered = new LongAdder();

	private final LongAdder failed = new LongAdder();

	/**
	 * Creates a fallback.
	 * @param name its name
	 * @param handlers the chain, in order; empty to only count
	 * @param time all the time it uses
	 */
	public Fallback(String name, List<Handler> handlers, TimeSource time) {
		super("fallback", name, time);
		this.handlers = List.copyOf(handlers);
	}

	@Override
	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work) throws Throwable {
		T value;
		try {
			value = work.invoke(argument);
		}
		catch (Throwable ex) {
			return (T) recover(rescue(argument, ex));
		}
		this.passed.increment();
		return value;
	}

	private @Nullable Object recover(Rescue rescue) throws Throwable {
		while (rescue.next()) {
			try {
				Object value = rescue.recover();
				keepInterrupt(rescue.original());
				this.recovered.increment();
				return value;
			}
			catch (Throwable ex) {
				keepInterrupt(ex);
				rescue.failed(ex);
			}
		}
		this.failed.increment();
		throw rescue.original();
	}

	@Override
	public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		return new AsyncRescue<A, T>(this, argument).start(work);
	}

	@Override
	public PolicySnapshot snapshot() {
		Map<String, Long> calls = new LinkedHashMap<>();
		calls.put("passed", this.passed.sum());
		calls.put("recovered", this.recovered.sum());
		calls.put("failed", this.failed.sum());
		return PolicySnapshot.of(this, ENABLED, List.of(ENABLED))
			.calls(calls)
			.config("handlers", this.handlers.stream().map(Fallback::types).toList())
			.build();
	}

	private static List<String> types(Handler handler) {
		return handler.cases().stream().map((each) -> each.type().getName()).toList();
	}

	Rescue rescue(Object argument, Throwable failure) {
		return new Rescue(this.handlers, argument, failure);
	}

	void countSucceeded(boolean byHandler) {
		(byHandler ? this.recovered : this.passed).increment();
	}

	void countFailed() {
		this.failed.increment();
	}

	static void keepInterrupt(Throwable failure) {
		if (failure instanceof InterruptedException) {
			Thread.currentThread().interrupt();
		}
	}

}
