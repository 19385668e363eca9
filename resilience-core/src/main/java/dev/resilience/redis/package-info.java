/**
 * What keeps its state in Redis, and the connection to it. Nothing else in the library
 * knows of Lettuce.
 */
@NullMarked
package dev.resilience.redis;

import org.jspecify.annotations.NullMarked;
