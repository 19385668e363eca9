package dev.resilience.spring.benchmark;

/**
 * Methods that nothing guards: for advice that does nothing.
 */
class PlainService {

	private final Integer result = Integer.valueOf(42);

	public Integer first(String order) {
		return this.result;
	}

	public Integer second(String order) {
		return this.result;
	}

	public Integer third(String order) {
		return this.result;
	}

	public Integer fourth(String order) {
		return this.result;
	}

	public Integer fifth(String order) {
		return this.result;
	}

	public Integer sixth(String order) {
		return this.result;
	}

	public Integer seventh(String order) {
		return this.result;
	}

	public Integer eighth(String order) {
		return this.result;
	}

}
