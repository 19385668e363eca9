package dev.resilience;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import dev.resilience.time.Deadline;
import dev.resilience.time.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls through gates that stand in a row: all are acquired first, outermost first,
 * then one clock starts. This is the only place where a gate meets a call, plain or
 * asynchronous.
 */
final class GateRow<A> {

	private final Gate[] gates;

	private final Function<? super A, CallContext>[] contexts;

	// The latest pairs of permits. Racing calls may overwrite each other's, which costs
	// an object and harms nothing: a pair is immutable.
	private final @Nullable Permit[] pairs;

	private final StopCheck stops;

	@SuppressWarnings("unchecked")
	GateRow(List<Gate> gates, List<? extends Function<? super A, CallContext>> contexts, StopCheck outer) {
		this.gates = gates.toArray(Gate[]::new);
		this.contexts = (Function<? super A, CallContext>[]) contexts.toArray(Function<?, ?>[]::new);
		this.pairs = new Permit[this.gates.length];
		this.stops = outer.and(gates);
	}

	int size() {
		return this.gates.length;
	}

	Ticker ticker() {
		return this.gates[0].time().ticker();
	}

	Admission ask(int index, A argument) {
		return this.gates[index].decide(this.contexts[index].apply(argument));
	}

	CallRejectedException reject(int index, Admission.Rejection rejection) {
		return this.gates[index].reject(rejection);
	}

	Permit join(int index, Permit outer, Permit granted) {
		Permit known = this.pairs[index];
		Permit joined = outer.and(granted, known);
		if (joined != known && joined != outer && joined != granted) {
			this.pairs[index] = joined;
		}
		return joined;
	}

	<T extends @Nullable Object> T call(A argument, Policy.Call<A, T> work) throws Throwable {
		Permit permit = Permit.INERT;
		boolean waited = false;
		try {
			for (int index = 0; index < this.gates.length; index++) {
				Admission admission = ask(index, argument);
				if (admission instanceof Admission.Wait wait) {
					waited = true;
					admission = wait.await();
				}
				permit = join(index, permit, granted(this.gates[index], admission));
			}
			if (waited) {
				lookAgain();
			}
		}
		catch (Throwable ex) {
			permit.abandoned();
			throw ex;
		}
		return call(permit, ticker(), argument, work);
	}

	void lookAgain() {
		this.stops.run();
	}

	<T extends @Nullable Object> CompletionStage<T> callAsync(A argument, Policy.Call<A, CompletionStage<T>> work) {
		return new AsyncCall<>(this, argument, work).start();
	}

	static Permit acquire(Gate gate, CallContext context) throws InterruptedException {
		Admission admission = gate.decide(context);
		return granted(gate, (admission instanceof Admission.Wait wait) ? wait.await() : admission);
	}

	private static Permit granted(Gate gate, Admission admission) {
		if (admission instanceof Permit permit) {
			return permit;
		}
		throw gate.reject((Admission.Rejection) admission);
	}

	static <A, T extends @Nullable Object> T call(Permit permit, Ticker ticker, A argument, Policy.Call<A, T> work)
			throws Throwable {
		Permit.TimeLimit limit = permit.limit(false);
		if (limit != null) {
			return call(permit, ticker, limit, argument, work);
		}
		boolean timed = permit.isTimed();
		long start = timed ? ticker.read() : 0;
		T value;
		try {
			value = work.invoke(argument);
		}
		catch (Throwable ex) {
			failed(permit, ex, ex, timed ? ticker.read() - start : 0);
			throw ex;
		}
		succeeded(permit, value, timed ? ticker.read() - start : 0);
		return value;
	}

	private static <A, T extends @Nullable Object> T call(Permit permit, Ticker ticker, Permit.TimeLimit limit,
			A argument, Policy.Call<A, T> work) throws Throwable {
		boolean timed = permit.isTimed();
		long start = timed ? ticker.read() : 0;
		Permit.TimeLimit longer = limit.interrupts() ? null : permit.limit(true);
		Deadline deadline = begin(permit, limit, null);
		Deadline last = (longer != null) ? begin(permit, longer, deadline) : null;
		T value;
		try {
			value = invoke(longer, last, argument, work);
		}
		catch (Throwable ex) {
			Deadline.End end = deadline.end(ex);
			Throwable failure = limit.failure(end, ex);
			failed(permit, limit.verdict(end, failure, longer), failure, timed ? ticker.read() - start : 0);
			throw failure;
		}
		boolean late = deadline.end(null) != Deadline.End.IN_TIME;
		long nanos = timed ? ticker.read() - start : 0;
		if (late) {
			CallTimeoutException failure = limit.late(null);
			failed(permit, failure, failure, nanos);
		}
		else {
			succeeded(permit, value, nanos);
		}
		return value;
	}

	/**
	 * Runs work.
	 * @param longer the limit that interrupts it where the shortest does not
	 * @param deadline when that limit is over
	 */
	private static <A, T extends @Nullable Object> T invoke(Permit.@Nullable TimeLimit longer,
			@Nullable Deadline deadline, A argument, Policy.Call<A, T> work) throws Throwable {
		if (longer == null || deadline == null) {
			return work.invoke(argument);
		}
		T value;
		try {
			value = work.invoke(argument);
		}
		catch (Throwable ex) {
			throw longer.failure(deadline.end(ex), ex);
		}
		deadline.end(null);
		return value;
	}

	private static Deadline begin(Permit permit, Permit.TimeLimit limit, @Nullable Deadline begun) {
		try {
			return limit.begin();
		}
		catch (Throwable ex) {
			if (begun != null) {
				begun.end(null);
			}
			permit.abandoned();
			throw ex;
		}
	}

	private static void succeeded(Permit permit, @Nullable Object value, long nanos) {
		try {
			permit.succeeded(value, nanos);
		}
		catch (Throwable ex) {
			// The call took effect: an error here must not have it repeated.
		}
	}

	private static void failed(Permit permit, Throwable verdict, Throwable thrown, long nanos) {
		try {
			if (CallRejectedException.isOwn(verdict)) {
				permit.abandoned();
			}
			else {
				permit.failed(verdict, nanos);
			}
		}
		catch (Throwable ex) {
			if (ex != thrown) {
				thrown.addSuppressed(ex);
			}
		}
	}

}
