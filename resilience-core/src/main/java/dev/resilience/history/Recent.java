package dev.resilience.history;

import java.util.List;
import java.util.Map;

/**
 * How a policy's counters moved lately, by outcome, and {@code rejections} for the sum of
 * all reasons. Counters that did not move are left out. Immutable.
 *
 * @param seconds for each counter how far it moved in each of the last 60 seconds, oldest
 * first
 * @param minutes the same for the last 60 minutes, the present one included
 */
public record Recent(Map<String, List<Integer>> seconds, Map<String, List<Integer>> minutes) {
}
