/**
 * Policies with a member for each key: a bounded family that never forgets what a key has
 * used up.
 */
@NullMarked
package dev.resilience.keyed;

import org.jspecify.annotations.NullMarked;
