/**
 * What a developer writes on a method to have it protected.
 */
@NullMarked
package dev.resilience.spring.annotation;

import org.jspecify.annotations.NullMarked;
