/**
 * What asynchronous calls are made of: results that whoever waits for them can give up.
 */
@NullMarked
package dev.resilience.async;

import org.jspecify.annotations.NullMarked;
