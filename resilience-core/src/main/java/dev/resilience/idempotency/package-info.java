/**
 * Calls that take effect once for each key: claims on keys, and stored results that are
 * replayed.
 */
@NullMarked
package dev.resilience.idempotency;

import org.jspecify.annotations.NullMarked;
