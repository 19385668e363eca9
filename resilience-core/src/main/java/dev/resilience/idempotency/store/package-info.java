/**
 * The records of idempotent calls: what names them, and the stores that keep them.
 */
@NullMarked
package dev.resilience.idempotency.store;

import org.jspecify.annotations.NullMarked;
