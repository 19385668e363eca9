package dev.resilience;

import java.time.Instant;
import java.util.Map;

/**
 * Something changed about a policy: a transition, an order, or a run of rejections. That
 * a call went well is no event. Immutable.
 *
 * @param type the policy's type
 * @param name the policy's name
 * @param kind what happened, a word of a small fixed set: {@code transition},
 * {@code rejection}, ...
 * @param at when
 * @param message the same for people
 * @param details the same for machines
 * @param snapshot how the policy stood right after it
 */
public record PolicyEvent(String type, String name, String kind, Instant at, String message,
		Map<String, Object> details, PolicySnapshot snapshot) {
}
