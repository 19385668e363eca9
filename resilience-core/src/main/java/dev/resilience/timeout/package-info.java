/**
 * The timeout: how long a call may take, on its caller's thread or without one.
 */
@NullMarked
package dev.resilience.timeout;

import org.jspecify.annotations.NullMarked;
