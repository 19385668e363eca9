/**
 * From an annotation to a running plan: one advisor, one interceptor, one plan for each
 * method.
 */
@NullMarked
package dev.resilience.spring.aop;

import org.jspecify.annotations.NullMarked;
