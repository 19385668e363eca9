/**
 * The retry: when a call that failed is made again, and when it is not.
 */
@NullMarked
package dev.resilience.retry;

import org.jspecify.annotations.NullMarked;
