/**
 * What the engine costs a call, with the peers beside it in the same run.
 */
@NullMarked
package dev.resilience.benchmark;

import org.jspecify.annotations.NullMarked;
