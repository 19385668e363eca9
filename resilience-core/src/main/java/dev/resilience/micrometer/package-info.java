/**
 * Metrics of all policies, for any Micrometer registry. It knows snapshots, and no
 * pattern.
 */
@NullMarked
package dev.resilience.micrometer;

import org.jspecify.annotations.NullMarked;
