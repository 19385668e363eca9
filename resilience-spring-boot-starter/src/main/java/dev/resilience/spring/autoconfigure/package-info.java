/**
 * Makes the policies that the configuration describes, one small auto-configuration a
 * pattern.
 */
@NullMarked
package dev.resilience.spring.autoconfigure;

import org.jspecify.annotations.NullMarked;
