/**
 * Answers in the place of calls that failed: a chain of handlers, tried in order.
 */
@NullMarked
package dev.resilience.fallback;

import org.jspecify.annotations.NullMarked;
