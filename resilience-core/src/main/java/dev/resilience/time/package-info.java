/**
 * Time as something that is given: a monotonic ticker for every duration, a clock for
 * what people read, a sleeper for every wait, deadlines for work that stays on its
 * thread.
 */
@NullMarked
package dev.resilience.time;

import org.jspecify.annotations.NullMarked;
