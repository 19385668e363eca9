/**
 * What becomes of wrong requests to endpoints: answers that say what is wrong with them.
 */
@NullMarked
package dev.resilience.spring.actuate.problem;

import org.jspecify.annotations.NullMarked;
