/**
 * What remote callers are told when a call was rejected.
 */
@NullMarked
package dev.resilience.spring.web;

import org.jspecify.annotations.NullMarked;
