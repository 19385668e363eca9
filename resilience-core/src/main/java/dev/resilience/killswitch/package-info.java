/**
 * Emergency stops: switches in a hierarchy of names, who activated them and why, and the
 * gate that stops calls while one is active.
 */
@NullMarked
package dev.resilience.killswitch;

import org.jspecify.annotations.NullMarked;
