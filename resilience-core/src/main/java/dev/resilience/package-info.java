/**
 * The kernel: what a policy is, how gates admit calls, how policies compose, and how they
 * are listed, listened to and explained. It knows no pattern.
 */
@NullMarked
package dev.resilience;

import org.jspecify.annotations.NullMarked;
