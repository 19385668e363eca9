package dev.resilience.spring.aop;

import java.util.Map;

import dev.resilience.async.ContextCarrier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Carries SLF4J's diagnostic context to the threads on which an asynchronous call goes
 * on. Thread-safe.
 */
public final class LoggingContext implements ContextCarrier {

	/**
	 * Creates a carrier.
	 */
	public LoggingContext() {
	}

	@Override
	public Carried capture() {
		Map<String, String> captured = MDC.getCopyOfContextMap();
		return (captured == null || captured.isEmpty()) ? Carried.NOTHING : (step) -> {
			Map<String, String> before = MDC.getCopyOfContextMap();
			MDC.setContextMap(captured);
			try {
				step.run();
			}
			finally {
				restore(before);
			}
		};
	}

	private static void restore(@Nullable Map<String, String> before) {
		if (before != null) {
			MDC.setContextMap(before);
		}
		else {
			MDC.clear();
		}
	}

}
