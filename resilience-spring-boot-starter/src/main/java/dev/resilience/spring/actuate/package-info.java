/**
 * How operators see and steer policies: endpoints and health.
 */
@NullMarked
package dev.resilience.spring.actuate;

import org.jspecify.annotations.NullMarked;
