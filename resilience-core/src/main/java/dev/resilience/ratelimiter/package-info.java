/**
 * The rate limiter: how many calls may pass in a stretch of time, for all callers or for
 * each key.
 */
@NullMarked
package dev.resilience.ratelimiter;

import org.jspecify.annotations.NullMarked;
