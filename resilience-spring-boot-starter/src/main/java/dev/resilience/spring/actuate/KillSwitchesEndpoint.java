package dev.resilience.spring.actuate;

import java.security.Principal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;

import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.killswitch.KillSwitches.Flip;
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
		Cause released = order(() -> (cause != null) ? new Cause(cause) : Cause.PERSON);
		switch (action) {
			case "activate" -> {
				refuse("cause", cause, action);
				Duration expiry = duration(expiresIn);
				Flip flip = order(() -> this.switches.activate(subject.name(),
						Activation.builder()
							.cause(Cause.PERSON)
							.reason(why)
							.actor(who)
							.ticket(ticket)
							.expiresIn(expiry)
							.build()));
				return describe(subject, flip, "is active just so already");
			}
			case "release" -> {
				refuse("ticket", ticket, action);
				refuse("expiresIn", expiresIn, action);
				Flip flip = order(() -> this.switches.release(subject.name(), released, who, why));
				return describe(subject, flip, "is not active for the cause '" + released.value() + "'");
			}
			default -> throw unknownAction(action, "activate", "release");
		}
	}

	/**
	 * An order that changes nothing is no failure, as it may come twice; but whoever gave
	 * it should know, as it may have been meant for another switch.
	 */
	private Map<String, Object> describe(KillSwitch subject, Flip flip, String unchanged) {
		Map<String, Object> view = describe(subject);
		view.put("changed", flip.changed());
		if (!flip.changed()) {
			view.put("note", "Nothing was changed: '" + subject.name() + "' itself " + unchanged);
		}
		return view;
	}

	/**
	 * Nobody signs with another's name.
	 */
	private static String identify(String caller, @Nullable String actor) {
		return (actor == null || actor.isBlank() || actor.equals(caller)) ? caller : caller + " for " + actor;
	}

	private static void refuse(String field, @Nullable String value, String action) {
		if (value != null) {
			throw refused("'" + field + "' means nothing to '" + action + "': leave it out");
		}
	}

	private static @Nullable Duration duration(@Nullable String text) {
		if (text == null) {
			return null;
		}
		try {
			if (!text.isEmpty() && !Character.isDigit(text.charAt(text.length() - 1))) {
				return DurationStyle.detectAndParse(text);
			}
		}
		catch (IllegalArgumentException | DateTimeParseException | ArithmeticException ex) {
			// Refused below: why it does not parse tells the caller no more.
		}
		throw refused("'expiresIn' is not a duration: write it like 30m, 8h or PT8H, or leave it out");
	}

}
