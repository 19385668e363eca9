/**
 * Two patterns that do not exist: they are made of new files only, as the next real one
 * will be.
 */
@NullMarked
package dev.resilience.spring.fictional;

import org.jspecify.annotations.NullMarked;
