/**
 * HTTP requests that take effect once for each {@code Idempotency-Key}, in WebMVC and
 * WebFlux.
 */
@NullMarked
package dev.resilience.spring.web.idempotency;

import org.jspecify.annotations.NullMarked;
