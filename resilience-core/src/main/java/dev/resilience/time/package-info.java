/**
 * Time as something that is given: a monotonic ticker for every duration, a clock for
 * what people read, a sleeper for every wait.
 */
@NullMarked
package dev.resilience.time;

import org.jspecify.annotations.NullMarked;
