package dev.resilience.fallback;

/**
 * A final rejection of a type of its own.
 */
final class EmergencyException extends BaseEmergencyException {

	private static final long serialVersionUID = 1L;

}
