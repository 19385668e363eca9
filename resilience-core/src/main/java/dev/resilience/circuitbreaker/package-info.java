/**
 * The circuit breaker: it stops calling what keeps failing, and tries again with care.
 */
@NullMarked
package dev.resilience.circuitbreaker;

import org.jspecify.annotations.NullMarked;
