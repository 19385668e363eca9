package dev.resilience.killswitch;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * All that stands at one moment, at all switches of an application. Immutable; each
 * change makes a new one with the next version.
 *
 * @param version counts the changes
 * @param stops by switch, none of the lists empty, a person's stop first
 */
record Board(long version, Map<String, List<Stop>> stops) {

	static final Board EMPTY = new Board(0, Map.of());

	private static final Comparator<Stop> PERSON_FIRST = Comparator
		.<Stop, Boolean>comparing((stop) -> stop.activation().cause().isAutomatic())
		.thenComparing((stop) -> stop.activation().cause().value());

	boolean isEmpty() {
		return this.stops.isEmpty();
	}

	List<Stop> at(String name) {
		return this.stops.getOrDefault(name, List.of());
	}

	@Nullable Stop find(String name, Cause cause) {
		return at(name).stream().filter((stop) -> stop.activation().cause().equals(cause)).findFirst().orElse(null);
	}

	boolean touches(String[] names) {
		for (String name : names) {
			if (this.stops.containsKey(name)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The first stop that stands at one of the switches. Reads the clock only for a stop
	 * that expires.
	 */
	@Nullable Stop first(String[] names, Clock clock) {
		for (String name : names) {
			List<Stop> here = this.stops.get(name);
			for (int index = 0; here != null && index < here.size(); index++) {
				Stop stop = here.get(index);
				if (stop.expiresAt() == null || !stop.isExpired(clock.instant())) {
					return stop;
				}
			}
		}
		return null;
	}

	/**
	 * All stops at some switches, in the switches' order.
	 */
	List<Stop> all(String[] names) {
		List<Stop> found = new ArrayList<>();
		for (String name : names) {
			found.addAll(at(name));
		}
		return found;
	}

	List<Stop> expired(Instant now) {
		return this.stops.values().stream().flatMap(List::stream).filter((stop) -> stop.isExpired(now)).toList();
	}

	/**
	 * The board after a stop was added, instead of the one with the same cause.
	 */
	Board with(Stop stop) {
		List<Stop> here = new ArrayList<>(at(stop.switchName()));
		here.removeIf(sameCause(stop));
		here.add(stop);
		here.sort(PERSON_FIRST);
		return next(stop.switchName(), here);
	}

	Board without(Stop stop) {
		List<Stop> here = new ArrayList<>(at(stop.switchName()));
		here.removeIf(sameCause(stop));
		return next(stop.switchName(), here);
	}

	private Board next(String name, List<Stop> here) {
		Map<String, List<Stop>> next = new HashMap<>(this.stops);
		if (here.isEmpty()) {
			next.remove(name);
		}
		else {
			next.put(name, List.copyOf(here));
		}
		return new Board(this.version + 1, Map.copyOf(next));
	}

	private static Predicate<Stop> sameCause(Stop stop) {
		return (other) -> other.activation().cause().equals(stop.activation().cause());
	}

}
