/**
 * The bulkhead: how many calls may run at the same time, for all callers or for each key.
 */
@NullMarked
package dev.resilience.bulkhead;

import org.jspecify.annotations.NullMarked;
