package dev.resilience.killswitch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.PolicySnapshot.Health;
import dev.resilience.config.Setting;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The gate that stops calls while its switch, or one above it, is active:
 * {@code payments.refunds} obeys itself, {@code payments} and {@code global}.
 * Thread-safe. {@link KillSwitches} makes it and flips it.
 * <p>
 * A call costs one volatile read and allocates nothing while no switch is active. Every
 * call that begins after an activation returned is stopped; a call that is under way goes
 * on. Stopped calls are counted as {@code active} (the switch's own doing) or
 * {@code ancestor} (one above it); what passes is not counted.
 * <p>
 * Events: {@code activated}, {@code released} and {@code expired} tell of the switch's
 * own causes, with cause, reason and actor in the details.
 */
public final class KillSwitch extends Gate {

	static final String TYPE = "kill-switch";

	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]++(\\.[A-Za-z0-9_-]++)*+");

	private static final int LONGEST_NAME = 200;

	private static final String ACTIVE = "ACTIVE";

	private static final String INACTIVE = "INACTIVE";

	private final KillSwitches switches;

	private final String[] chain;

	private final AtomicLong activated = new AtomicLong();

	private final AtomicLong deactivated = new AtomicLong();

	KillSwitch(String name, KillSwitches switches, TimeSource time) {
		super(TYPE, requireName(name), time, List.of(Stopped.OWN, Stopped.ANCESTOR));
		this.switches = switches;
		this.chain = chain(name);
	}

	/**
	 * Whether a call would be stopped now. For loops that look between their steps; it
	 * counts nothing.
	 * @return whether the switch, or one above it, is active
	 */
	public boolean isActive() {
		Board board = this.switches.board();
		return !board.isEmpty() && board.first(this.chain, time()) != null;
	}

	@Override
	protected Admission admit(CallContext context) {
		Board board = this.switches.board();
		return board.isEmpty() ? Permit.INERT : decide(board);
	}

	private Admission decide(Board board) {
		Stop stop = board.first(this.chain, time());
		if (stop != null) {
			return new Stopped(this, this.chain, stop, board, time());
		}
		if (board.touches(this.chain)) {
			this.switches.sweep();
		}
		return Permit.INERT;
	}

	@Override
	protected Admission.@Nullable Rejection stops() {
		return (admit(CallContext.NONE) instanceof Admission.Rejection rejection) ? rejection : null;
	}

	@Override
	public PolicySnapshot snapshot() {
		this.switches.sweep();
		Board board = this.switches.board();
		List<Stop> stops = board.all(this.chain)
			.stream()
			.filter((standing) -> !standing.isExpired(time()))
			.map(Standing::stop)
			.toList();
		boolean active = !stops.isEmpty();
		return PolicySnapshot.of(this, active ? ACTIVE : INACTIVE, List.of(INACTIVE, ACTIVE))
			.health(health(stops))
			.rejections(rejections())
			.transitions(transitions())
			.detail("activeBy", active ? stops.get(0).switchName() : null)
			.detail("activations", stops.stream().map(Stop::details).toList())
			.detail("obeys", List.of(this.chain))
			.detail("version", board.version())
			.build();
	}

	private static Health health(List<Stop> stops) {
		if (stops.isEmpty()) {
			return Health.UP;
		}
		boolean everything = stops.stream().anyMatch((stop) -> stop.switchName().equals(KillSwitches.GLOBAL));
		return everything ? Health.OUT_OF_SERVICE : Health.DEGRADED;
	}

	private Map<String, Long> transitions() {
		Map<String, Long> counts = new LinkedHashMap<>();
		counts.put(INACTIVE + "->" + ACTIVE, this.activated.get());
		counts.put(ACTIVE + "->" + INACTIVE, this.deactivated.get());
		counts.values().removeIf((count) -> count == 0);
		return counts;
	}

	void moved(Board from, Board to) {
		boolean before = from.touches(this.chain);
		boolean after = to.touches(this.chain);
		if (before != after) {
			(after ? this.activated : this.deactivated).getAndIncrement();
		}
	}

	void tell(String kind, String message, Map<String, Object> details) {
		publish(kind, message, details);
	}

	static String requireName(String name) {
		Setting.of("name", name)
			.require(name.length() <= LONGEST_NAME, "must have at most " + LONGEST_NAME + " characters", "shorten it")
			.require(NAME.matcher(name).matches(),
					"must be words of ASCII letters, digits, '-' and '_', joined by single dots",
					"write it as in 'payments.refunds'");
		return name;
	}

	/**
	 * The switch right above another. {@code global} is above all.
	 */
	static @Nullable String parent(String name) {
		int dot = name.lastIndexOf('.');
		if (dot > 0) {
			return name.substring(0, dot);
		}
		return name.equals(KillSwitches.GLOBAL) ? null : KillSwitches.GLOBAL;
	}

	private static String[] chain(String name) {
		List<String> chain = new ArrayList<>();
		for (String next = name; next != null; next = parent(next)) {
			chain.add(next);
		}
		return chain.toArray(String[]::new);
	}

}
