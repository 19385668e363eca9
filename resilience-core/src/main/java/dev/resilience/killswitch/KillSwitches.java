package dev.resilience.killswitch;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

import dev.resilience.PolicyRegistry;
import dev.resilience.config.Setting;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * All kill switches of an application: declares them, activates and releases them.
 * Thread-safe; flips are serialised, calls never wait for them.
 * <p>
 * A switch is active as long as one of its causes stands. Each cause is activated,
 * released and expires by itself: what automation does never touches a person's stop.
 * Activating a cause that stands already replaces reason, actor, ticket and expiry, and
 * keeps the time since when it stands.
 * <p>
 * A stop expires when both the wall clock and the ticker say so: a clock that is stepped
 * and a machine that sleeps can end it late, never early.
 * <p>
 * Switches are operated by their declared names only. Removing one from the registry
 * releases nothing: its stops stand, and declaring it again makes them operable again.
 */
public final class KillSwitches {

	// What stands is one immutable board behind one volatile field. Writers take the
	// lock, make the next board, publish it by a single write and tell the listeners
	// while still holding the lock, so that events come in the order of the flips.
	//
	// An expiry is no write: readers judge it by clock and ticker and skip what has
	// expired.
	// Whoever comes by next (a call that was let pass by an expired stop, a snapshot, a
	// flip) takes it off the board, under the lock, and therefore tells of it once. No
	// timer is needed, and nothing outlives the application that declared the switches.

	/**
	 * The switch above all others; always declared.
	 */
	public static final String GLOBAL = "global";

	private static final int MAX_AUTOMATIC_CAUSES = 16;

	private final TimeSource time;

	private final PolicyRegistry<KillSwitch> registry = new PolicyRegistry<>(KillSwitch.TYPE);

	private final ReentrantLock flips = new ReentrantLock();

	private volatile Board board = Board.EMPTY;

	/**
	 * Creates the set, with {@link #GLOBAL} declared and nothing active.
	 * @param time all the time it uses; expiry is judged by its clock and its ticker
	 */
	public KillSwitches(TimeSource time) {
		this.time = time;
		declare(GLOBAL);
	}

	/**
	 * The declared switches.
	 * @return the registry
	 */
	public PolicyRegistry<KillSwitch> registry() {
		return this.registry;
	}

	/**
	 * Declares a switch and those above it, so that each can be operated. Declaring it
	 * again changes nothing.
	 * @param name words of letters, digits, {@code -} and {@code _}, joined by dots, at
	 * most 200 characters
	 * @return the switch
	 * @throws IllegalArgumentException when the name has another form
	 */
	public KillSwitch declare(String name) {
		String parent = KillSwitch.parent(KillSwitch.requireName(name));
		if (parent != null) {
			declare(parent);
		}
		return this.registry.getOrCreate(name, (missing) -> new KillSwitch(missing, this, this.time));
	}

	/**
	 * Activates a switch: every call that begins after this method returned is stopped.
	 * @param name the switch
	 * @param activation who, why and for how long
	 * @return how the switch stands; unchanged if it stood exactly so already
	 * @throws PolicyRegistry.UnknownPolicyException when no such switch is declared
	 * @throws IllegalArgumentException when the expiry is not in the future, when it is
	 * sooner than that of the standing order of the same cause, or when the switch has
	 * too many automatic causes already
	 */
	public Flip activate(String name, Activation activation) {
		KillSwitch policy = this.registry.get(name);
		this.flips.lock();
		try {
			purge();
			Instant now = this.time.clock().instant();
			Instant expiry = activation.expiryFrom(now);
			Standing replaced = this.board.find(name, activation.cause());
			Stop standing = (replaced != null) ? replaced.stop() : null;
			Stop stop = new Stop(name, activation, (standing != null) ? standing.activatedAt() : now, expiry);
			if (stop.equals(standing)) {
				return flip(name, false);
			}
			requireRoom(stop, standing);
			requireNotShorter(stop, standing);
			move(this.board.with(Standing.from(stop, now, this.time.ticker().read(), replaced)));
			policy.tell("activated", stop.explain(), stop.details());
			return flip(name, true);
		}
		finally {
			this.flips.unlock();
		}
	}

	/**
	 * Releases one cause of a switch. The switch stays active while another one stands.
	 * @param name the switch
	 * @param cause the only cause to release
	 * @param actor who gives the order, at most 200 characters
	 * @param reason why, at most 500 characters
	 * @return how the switch stands; unchanged if the cause did not stand
	 * @throws PolicyRegistry.UnknownPolicyException when no such switch is declared
	 * @throws IllegalArgumentException when actor or reason is missing or too long
	 */
	public Flip release(String name, Cause cause, String actor, String reason) {
		KillSwitch policy = this.registry.get(name);
		Activation.requireActor(actor);
		Activation.requireReason(reason);
		this.flips.lock();
		try {
			purge();
			Standing standing = this.board.find(name, cause);
			if (standing == null) {
				return flip(name, false);
			}
			move(this.board.without(standing));
			policy.tell("released",
					"kill switch '" + name + "' released for cause '" + cause + "': " + reason + " (by " + actor + ")",
					released(standing.stop(), actor, reason));
			return flip(name, true);
		}
		finally {
			this.flips.unlock();
		}
	}

	Board board() {
		return this.board;
	}

	/**
	 * Takes expired stops off the board, unless somebody is flipping a switch right now:
	 * that one does it.
	 */
	void sweep() {
		if (this.board.isEmpty() || this.flips.isHeldByCurrentThread() || !this.flips.tryLock()) {
			return;
		}
		try {
			purge();
		}
		finally {
			this.flips.unlock();
		}
	}

	private void purge() {
		for (Standing standing : this.board.expired(this.time)) {
			Stop stop = standing.stop();
			move(this.board.without(standing));
			this.registry.find(stop.switchName())
				.ifPresent((policy) -> policy.tell("expired",
						"kill switch '" + stop.switchName() + "' expired for cause '" + stop.activation().cause() + "'",
						stop.details()));
		}
	}

	private void move(Board next) {
		Board previous = this.board;
		this.board = next;
		this.registry.all().forEach((policy) -> policy.moved(previous, next));
	}

	/**
	 * A drill must not end somebody else's stop.
	 */
	private static void requireNotShorter(Stop stop, @Nullable Stop standing) {
		Instant end = stop.expiresAt();
		if (standing != null && end != null) {
			Instant standingEnd = standing.expiresAt();
			Setting.of("expiry", end)
				.require(standingEnd != null && !end.isBefore(standingEnd),
						"must not be sooner than that of the standing order, "
								+ ((standingEnd != null) ? standingEnd.toString() : "which only a release ends"),
						"release that first, or leave the expiry out");
		}
	}

	private void requireRoom(Stop stop, @Nullable Stop standing) {
		boolean newcomer = standing == null && stop.activation().cause().isAutomatic();
		long automatic = this.board.at(stop.switchName())
			.stream()
			.filter((other) -> other.stop().activation().cause().isAutomatic())
			.count();
		Setting.of("cause", stop.activation().cause())
			.require(!newcomer || automatic < MAX_AUTOMATIC_CAUSES,
					"must be one of at most " + MAX_AUTOMATIC_CAUSES + " automatic causes that stand at a switch",
					"release one of them, or use a fixed set of sources");
	}

	private Flip flip(String name, boolean changed) {
		return new Flip(name, changed, this.board.version(), this.board.at(name).stream().map(Standing::stop).toList());
	}

	private static Map<String, Object> released(Stop stop, String actor, String reason) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("cause", stop.activation().cause().value());
		details.put("reason", reason);
		details.put("actor", actor);
		details.put("activation", stop.details());
		return details;
	}

	/**
	 * How a switch stands after an order. Immutable.
	 *
	 * @param name the switch
	 * @param changed whether the order changed anything
	 * @param version the version of the set of switches, which grows with each change
	 * @param stops what stands at this switch itself, a person's cause first; empty when
	 * only those above it can stop its calls
	 */
	public record Flip(String name, boolean changed, long version, List<Stop> stops) {
	}

}
