/**
 * What an annotation costs a call, with the peers beside it in the same run.
 */
@NullMarked
package dev.resilience.spring.benchmark;

import org.jspecify.annotations.NullMarked;
