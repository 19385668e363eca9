/**
 * Calls that take effect once for each key: claims on keys, stored results that are
 * replayed, and the stores that keep them.
 */
@NullMarked
package dev.resilience.idempotency;

import org.jspecify.annotations.NullMarked;
