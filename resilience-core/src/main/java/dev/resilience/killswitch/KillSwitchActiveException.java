package dev.resilience.killswitch;

import dev.resilience.CallRejectedException;

/**
 * An active kill switch stopped a call, its own or one above it. Final: only a fallback
 * that names exactly this type may answer for it. The message tells since when the switch
 * is active, why and by whom.
 */
public final class KillSwitchActiveException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	KillSwitchActiveException(Stopped rejection) {
		super(rejection);
	}

	/**
	 * What stopped the call: the nearest active switch, a person's cause before automatic
	 * ones.
	 * @return the stop, as it was when the call was stopped
	 */
	public Stop stop() {
		return ((Stopped) rejection()).stop();
	}

	@Override
	public boolean isFinal() {
		return true;
	}

}
