/**
 * A checkout service, and a payment provider to try it on.
 */
@NullMarked
package dev.resilience.sample;

import org.jspecify.annotations.NullMarked;
