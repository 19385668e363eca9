package dev.resilience.killswitch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * All that stands at one moment, at all switches of an application. Immutable; each
 * change makes a new one with the next version.
 *
 * @param version counts the changes
 * @param stops by switch, none of the lists empty, a person's stop first
 */
record Board(long version, Map<String, List<Standing>> stops) {

	static final Board EMPTY = new Board(0, Map.of());

	private static final Comparator<Standing> PERSON_FIRST = Comparator
		.<Standing, Boolean>comparing((standing) -> cause(standing).isAutomatic())
		.thenComparing((standing) -> cause(standing).value());

	boolean isEmpty() {
		return this.stops.isEmpty();
	}

	List<Standing> at(String name) {
		return this.stops.getOrDefault(name, List.of());
	}

	@Nullable Standing find(String name, Cause cause) {
		return at(name).stream().filter((standing) -> cause(standing).equals(cause)).findFirst().orElse(null);
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
	 * The first stop that stands at one of the switches. Reads the time only for a stop
	 * that expires.
	 */
	@Nullable Stop first(String[] names, TimeSource time) {
		for (String name : names) {
			List<Standing> here = this.stops.get(name);
			for (int index = 0; here != null && index < here.size(); index++) {
				Standing standing = here.get(index);
				if (!standing.isExpired(time)) {
					return standing.stop();
				}
			}
		}
		return null;
	}

	/**
	 * All that stands at some switches, in the switches' order.
	 */
	List<Standing> all(String[] names) {
		List<Standing> found = new ArrayList<>();
		for (String name : names) {
			found.addAll(at(name));
		}
		return found;
	}

	List<Standing> expired(TimeSource time) {
		return this.stops.values()
			.stream()
			.flatMap(List::stream)
			.filter((standing) -> standing.isExpired(time))
			.toList();
	}

	/**
	 * The board after a stop was added, instead of the one with the same cause.
	 */
	Board with(Standing standing) {
		List<Standing> here = others(standing);
		here.add(standing);
		here.sort(PERSON_FIRST);
		return next(standing.stop().switchName(), here);
	}

	Board without(Standing standing) {
		return next(standing.stop().switchName(), others(standing));
	}

	private List<Standing> others(Standing standing) {
		List<Standing> here = new ArrayList<>(at(standing.stop().switchName()));
		here.removeIf((other) -> cause(other).equals(cause(standing)));
		return here;
	}

	private Board next(String name, List<Standing> here) {
		Map<String, List<Standing>> next = new HashMap<>(this.stops);
		if (here.isEmpty()) {
			next.remove(name);
		}
		else {
			next.put(name, List.copyOf(here));
		}
		return new Board(this.version + 1, Map.copyOf(next));
	}

	private static Cause cause(Standing standing) {
		return standing.stop().activation().cause();
	}

}
