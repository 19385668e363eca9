package dev.resilience;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A policy that only decides whether a call may pass, and hears how it ended. A pattern
 * implements {@link #admit(CallContext)}; running plain and asynchronous calls, counting
 * rejections and telling of them is done here, for all gates alike.
 * <p>
 * Rejections are announced at most once a second for each gate, with the number since the
 * last announcement, by an event of kind {@code rejection}. In shadow mode nobody is
 * rejected; what would have been is counted all the same, and announced as a
 * {@code shadow-rejection}.
 */
public abstract class Gate extends Policy {

	/**
	 * The reason to {@linkplain #reject reject} a call that has no key and needs one. A
	 * gate that takes keys lists it, and {@link #INVALID_KEY}, among its reasons.
	 */
	public static final String MISSING_KEY = "missing-key";

	/**
	 * The reason to {@linkplain #reject reject} a call whose key cannot be read.
	 */
	public static final String INVALID_KEY = "invalid-key";

	private static final long ANNOUNCEMENT_INTERVAL = TimeUnit.SECONDS.toNanos(1);

	private final List<String> reasons;

	private final AtomicLongArray rejections;

	private final AtomicBoolean quiet = new AtomicBoolean();

	private volatile long announced;

	/**
	 * Creates a gate.
	 * @param type the pattern
	 * @param name the policy's name
	 * @param time all the time it uses
	 * @param reasons every reason that its rejections may have
	 */
	protected Gate(String type, String name, TimeSource time, List<String> reasons) {
		super(type, name, time);
		this.reasons = reasons;
		this.rejections = new AtomicLongArray(reasons.size());
	}

	/**
	 * Decides on a call, without blocking. The engine ends every permit once, and asks
	 * every wait once.
	 * @param context what is known of the call
	 * @return a permit, a wait where the call may wait, or a rejection
	 */
	protected abstract Admission admit(CallContext context);

	/**
	 * Whether the gate turns calls away. One that does not is in shadow mode: it decides,
	 * counts and tells, and lets every call pass at once.
	 * @return {@code true}, unless the pattern has a shadow mode
	 */
	protected boolean enforces() {
		return true;
	}

	/**
	 * What is to become of a call.
	 */
	final Admission decide(CallContext context) {
		return enforces() ? admit(context) : ShadowPermit.of(shadow(context));
	}

	private Admission shadow(CallContext context) {
		Admission admission = admit(context.withoutWaiting());
		if (admission instanceof Admission.Rejection rejection) {
			count(rejection);
			return Permit.INERT;
		}
		return admission;
	}

	final Admission.@Nullable Rejection stopsNow() {
		return enforces() ? stops() : null;
	}

	/**
	 * Whether calls that this gate let pass are to be stopped nevertheless, whatever is
	 * known of them. Asked when a call has waited at a later policy and has not begun.
	 * @return the rejection, or {@code null} to let the call begin
	 */
	protected Admission.@Nullable Rejection stops() {
		return null;
	}

	/**
	 * Asks for a permit by hand, without waiting and without an exception.
	 * @param context what is known of the call
	 * @return a {@link Permit}, to be ended once by the caller, or a
	 * {@link Admission.Rejection}
	 */
	public final Admission tryAcquire(CallContext context) {
		// Not decide(context): whoever holds a permit by hand bounds the call by himself.
		Admission admission = enforces() ? admit(context.withoutWaiting()) : shadow(context);
		if (admission instanceof Admission.Rejection rejection) {
			count(rejection);
			return rejection;
		}
		return new HandedPermit((Permit) admission);
	}

	/**
	 * Asks for a permit by hand, without waiting and without an exception.
	 * @return a {@link Permit}, to be ended once by the caller, or a
	 * {@link Admission.Rejection}
	 */
	public final Admission tryAcquire() {
		return tryAcquire(CallContext.NONE);
	}

	@Override
	public final <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work)
			throws Throwable {
		return GateRow.call(GateRow.acquire(this, context), time().ticker(), argument, work);
	}

	@Override
	public final <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		return new GateRow<A>(List.of(this), List.of((ignored) -> context), StopCheck.NONE).callAsync(argument, work);
	}

	/**
	 * How often this gate rejected.
	 * @return a count for every reason, zeros included
	 */
	protected final Map<String, Long> rejections() {
		Map<String, Long> counts = new LinkedHashMap<>();
		for (int index = 0; index < this.reasons.size(); index++) {
			counts.put(this.reasons.get(index), this.rejections.get(index));
		}
		return counts;
	}

	/**
	 * Rejects a call in this gate's name, for somebody who found out before the gate was
	 * asked: that the call has no key, say.
	 * @param rejection the rejection; it is counted if its reason is one of this gate's
	 * @return the exception to throw
	 */
	public final CallRejectedException reject(Admission.Rejection rejection) {
		count(rejection);
		return rejection.toException();
	}

	/**
	 * Counts a rejection that a faster way than {@link #tryAcquire()} answered.
	 * @param rejection the rejection
	 */
	protected final void count(Admission.Rejection rejection) {
		int reason = this.reasons.indexOf(rejection.reason());
		if (reason >= 0) {
			this.rejections.getAndIncrement(reason);
		}
		if (!this.quiet.get() && !subscriptions().isEmpty()) {
			announce(rejection);
		}
	}

	private void announce(Admission.Rejection rejection) {
		if (this.quiet.compareAndSet(false, true)) {
			try {
				time().sleeper().scheduleBrief(() -> this.quiet.set(false), ANNOUNCEMENT_INTERVAL);
			}
			catch (Throwable ex) {
				this.quiet.set(false);
				return;
			}
			long total = 0;
			for (int index = 0; index < this.rejections.length(); index++) {
				total += this.rejections.get(index);
			}
			long since = total - this.announced;
			this.announced = total;
			Map<String, Object> details = Map.of("reason", rejection.reason(), "count", since);
			if (enforces()) {
				publish("rejection", rejection.explain(), details);
			}
			else {
				publish("shadow-rejection", rejection.explain(), details);
			}
		}
	}

	/**
	 * A permit of the caller's own: only its first end counts.
	 */
	private final class HandedPermit extends Permit {

		private final Permit permit;

		private final long start;

		private final AtomicBoolean ended = new AtomicBoolean();

		HandedPermit(Permit permit) {
			this.permit = permit;
			this.start = permit.isTimed() ? time().ticker().read() : 0;
		}

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			if (this.ended.compareAndSet(false, true)) {
				this.permit.succeeded(value, measured(nanos));
			}
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			if (this.ended.compareAndSet(false, true)) {
				this.permit.failed(cause, measured(nanos));
			}
		}

		@Override
		public void abandoned() {
			if (this.ended.compareAndSet(false, true)) {
				this.permit.abandoned();
			}
		}

		private long measured(long nanos) {
			return (nanos == 0 && this.permit.isTimed()) ? time().ticker().read() - this.start : nanos;
		}

	}

}
