package dev.resilience.async;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.async.ContextCarrier.Carried;

/**
 * All carriers there are, as one. Thread-safe.
 */
final class Carriers {

	static final Carriers INSTALLED = new Carriers(load());

	private final List<ContextCarrier> carriers;

	Carriers(List<ContextCarrier> carriers) {
		this.carriers = List.copyOf(carriers);
	}

	private static List<ContextCarrier> load() {
		List<ContextCarrier> carriers = new ArrayList<>();
		ServiceLoader.load(ContextCarrier.class, ContextCarrier.class.getClassLoader()).stream().forEach((provider) -> {
			try {
				carriers.add(provider.get());
			}
			catch (ServiceConfigurationError | LinkageError ex) {
				// What it carries is not on the class path.
			}
		});
		return carriers;
	}

	/**
	 * Takes what the current thread carries. A carrier that fails carries nothing: the
	 * call is worth more than its context.
	 */
	Carried capture() {
		Carried all = Carried.NOTHING;
		for (ContextCarrier carrier : this.carriers) {
			Carried one;
			try {
				one = carrier.capture();
			}
			catch (Throwable ex) {
				continue;
			}
			all = both(all, (one == Carried.NOTHING) ? one : (step) -> runWith(one, step));
		}
		return all;
	}

	/**
	 * Runs a step with what was carried. If that fails before the step has begun, it is
	 * done without: nobody would ever hear of the call. It is done once, even if the
	 * carrier has another thread do it as well.
	 */
	private static void runWith(Carried carried, Runnable step) {
		AtomicBoolean begun = new AtomicBoolean();
		Runnable once = () -> {
			if (begun.compareAndSet(false, true)) {
				step.run();
			}
		};
		try {
			carried.run(once);
		}
		catch (Throwable ex) {
			if (begun.get()) {
				throw ex;
			}
		}
		once.run();
	}

	private static Carried both(Carried first, Carried second) {
		if (first == Carried.NOTHING) {
			return second;
		}
		return (second == Carried.NOTHING) ? first : (step) -> first.run(() -> second.run(step));
	}

}
