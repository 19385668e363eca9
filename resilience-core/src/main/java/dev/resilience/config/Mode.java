package dev.resilience.config;

import java.util.Locale;

/**
 * Whether a policy that decides on calls turns them away.
 */
public enum Mode {

	/** It does. */
	ENFORCE,

	/**
	 * It decides, counts and tells, but lets every call pass at once: to try settings
	 * out.
	 */
	SHADOW;

	/**
	 * Its name in the configuration.
	 * @return the name, in lower case
	 */
	public String key() {
		return name().toLowerCase(Locale.ROOT);
	}

}
