package dev.resilience.spring.fictional;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls pass only during certain hours. Thread-safe.
 */
public final class OfficeHoursGate extends Gate {

	/** The policies' type. */
	public static final String TYPE = "office-hours";

	private static final String AFTER_HOURS = "after-hours";

	private final OfficeHoursConfig config;

	private volatile boolean holiday;

	/**
	 * Creates a gate.
	 * @param name its name
	 * @param config when it is open
	 * @param time all the time it uses
	 */
	public OfficeHoursGate(String name, OfficeHoursConfig config, TimeSource time) {
		super(TYPE, name, time, List.of(AFTER_HOURS));
		this.config = config;
	}

	/**
	 * Closes the office whatever the hour, or ends that.
	 * @param holiday whether there is a holiday
	 */
	public void holiday(boolean holiday) {
		this.holiday = holiday;
		publish("transition", this + (holiday ? " closed for a holiday" : " is back from holiday"), Map.of());
	}

	@Override
	protected Admission admit(CallContext context) {
		return isOpen() ? Permit.INERT : new Closed();
	}

	private boolean isOpen() {
		LocalTime now = now();
		return !this.holiday && !now.isBefore(this.config.from()) && now.isBefore(this.config.to());
	}

	private LocalTime now() {
		return LocalTime.ofInstant(time().clock().instant(), ZoneOffset.UTC);
	}

	@Override
	public PolicySnapshot snapshot() {
		boolean open = isOpen();
		return PolicySnapshot.of(this, open ? "OPEN" : "CLOSED", List.of("OPEN", "CLOSED"))
			.health(open ? PolicySnapshot.Health.UP : PolicySnapshot.Health.DEGRADED)
			.rejections(rejections())
			.gauge("hours-a-day", (double) Duration.between(this.config.from(), this.config.to()).toHours())
			.config("from", this.config.from().toString())
			.config("to", this.config.to().toString())
			.build();
	}

	private final class Closed extends Admission.Rejection {

		Closed() {
			super(OfficeHoursGate.this, AFTER_HOURS);
		}

		@Override
		public String explain() {
			return "the office '" + name() + "' is closed until " + OfficeHoursGate.this.config.from();
		}

		@Override
		public @Nullable Duration retryAfter() {
			Duration wait = Duration.between(now(), OfficeHoursGate.this.config.from());
			return wait.isNegative() ? wait.plusDays(1) : wait;
		}

		@Override
		public CallRejectedException toException() {
			return new OfficeClosedException(this);
		}

	}

}
