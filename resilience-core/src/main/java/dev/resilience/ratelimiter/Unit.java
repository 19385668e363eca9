package dev.resilience.ratelimiter;

/**
 * Units of time, for people.
 */
enum Unit {

	NANOSECOND("ns", 1L), MICROSECOND("us", 1_000L), MILLISECOND("ms", 1_000_000L), SECOND("s", 1_000_000_000L),
	MINUTE("m", 60_000_000_000L), HOUR("h", 3_600_000_000_000L), DAY("d", 86_400_000_000_000L);

	private final String symbol;

	private final long nanos;

	Unit(String symbol, long nanos) {
		this.symbol = symbol;
		this.nanos = nanos;
	}

	/**
	 * A duration in the largest unit that shows it exactly.
	 */
	static String shown(long nanos, String gap) {
		Unit unit = NANOSECOND;
		for (Unit larger : values()) {
			if (nanos % larger.nanos == 0) {
				unit = larger;
			}
		}
		return nanos / unit.nanos + gap + unit.symbol;
	}

}
