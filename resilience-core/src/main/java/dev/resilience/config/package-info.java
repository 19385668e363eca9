/**
 * Settings, and how a wrong one is told.
 */
@NullMarked
package dev.resilience.config;

import org.jspecify.annotations.NullMarked;
