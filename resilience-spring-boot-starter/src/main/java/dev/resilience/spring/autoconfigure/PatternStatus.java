package dev.resilience.spring.autoconfigure;

/**
 * What a pattern answers to health instead of DEGRADED. A bean of a pattern that wants
 * to.
 *
 * @param type the policies' type
 * @param status the status' name
 */
record PatternStatus(String type, String status) {
}
