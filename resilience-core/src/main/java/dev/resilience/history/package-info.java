/**
 * What the counters of all policies did lately, second by second and minute by minute.
 */
@NullMarked
package dev.resilience.history;

import org.jspecify.annotations.NullMarked;
