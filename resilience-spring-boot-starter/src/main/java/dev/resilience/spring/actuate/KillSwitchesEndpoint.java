package dev.resilience.spring.actuate;

import java.security.Principal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;

import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitches;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.convert.DurationStyle;

/**
 * Shows kill switches, and flips them.
 */
@WebEndpoint(id = "killswitches")
public class KillSwitchesEndpoint extends PolicyEndpoint<KillSwitch> {

	private final KillSwitches switches;

	/**
	 * Creates the endpoint.
	 * @param switches the switches
	 * @param origins where their values came from
	 */
	public KillSwitchesEndpoint(KillSwitches switches, PolicyOrigins origins) {
		super(switches.registry(), origins);
		this.switches = switches;
	}

	/**
	 * Flips a switch.
	 * @param name the switch
	 * @param action {@code activate} or {@code release}
	 * @param reason why
	 * @param actor who; an authenticated caller is named first whatever this says
	 * @param ticket where more is written, for {@code activate}
	 * @param expiresIn after how long the activation ends by itself, for {@code activate}
	 * @param cause whose activation to release: {@code person} unless set
	 * @param security the caller
	 * @return the switch's new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, String action,
			@Nullable String reason, @Nullable String actor, @Nullable String ticket, @Nullable String expiresIn,
			@Nullable String cause, SecurityContext security) {
		KillSwitch subject = policy(name);
		Principal caller = security.getPrincipal();
		String who = (caller != null) ? identify(caller.getName(), actor) : required("actor", actor);
		String why = required("reason", reason);
		switch (action) {
			case "activate" -> {
				refuse("cause", cause, action);
				this.switches.activate(subject.name(),
						Activation.builder()
							.cause(Cause.PERSON)
							.reason(why)
							.actor(who)
							.ticket(ticket)
							.expiresIn(duration(expiresIn))
							.build());
			}
			case "release" -> {
				refuse("ticket", ticket, action);
				refuse("expiresIn", expiresIn, action);
				this.switches.release(subject.name(), (cause != null) ? new Cause(cause) : Cause.PERSON, who, why);
			}
			default -> throw unknownAction(action, "activate", "release");
		}
		return describe(subject);
	}

	/**
	 * Nobody signs with another's name.
	 */
	private static String identify(String caller, @Nullable String actor) {
		return (actor == null || actor.isBlank() || actor.equals(caller)) ? caller : caller + " for " + actor;
	}

	private static void refuse(String field, @Nullable String value, String action) {
		if (value != null) {
			throw new IllegalArgumentException("'" + field + "' means nothing to '" + action + "': leave it out");
		}
	}

	private static @Nullable Duration duration(@Nullable String text) {
		try {
			if (text != null && Character.isDigit(text.charAt(text.length() - 1))) {
				throw new IllegalArgumentException("A number without a unit is no duration");
			}
			return (text != null) ? DurationStyle.detectAndParse(text) : null;
		}
		catch (IllegalArgumentException | DateTimeParseException | ArithmeticException ex) {
			throw new IllegalArgumentException(
					"'expiresIn' is not a duration: write it like 30m, 8h or PT8H, or leave it out", ex);
		}
	}

}
