package dev.resilience.spring.actuate;

import java.security.Principal;
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
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String reason, @Nullable String actor, @Nullable String ticket, @Nullable String expiresIn,
			@Nullable String cause, SecurityContext security) {
		KillSwitch subject = policy(name);
		return switch ((action != null) ? action : "") {
			case "activate" -> {
				refuse("cause", cause, "activate");
				yield activate(subject, Signature.of(reason, actor, security), ticket, expiresIn);
			}
			case "release" -> {
				refuse("ticket", ticket, "release");
				refuse("expiresIn", expiresIn, "release");
				yield release(subject, Signature.of(reason, actor, security), cause);
			}
			default -> throw unknownAction(action, "activate", "release");
		};
	}

	private Map<String, Object> activate(KillSwitch subject, Signature signature, @Nullable String ticket,
			@Nullable String expiresIn) {
		Flip flip = order(() -> this.switches.activate(subject.name(),
				Activation.builder()
					.cause(Cause.PERSON)
					.reason(signature.reason())
					.actor(signature.actor())
					.ticket(ticket)
					.expiresIn((expiresIn != null) ? DurationText.parse("expiresIn", expiresIn) : null)
					.build()));
		return describe(subject, flip, "is active just so already");
	}

	private Map<String, Object> release(KillSwitch subject, Signature signature, @Nullable String cause) {
		Cause released = order(() -> (cause != null) ? new Cause(cause) : Cause.PERSON);
		Flip flip = order(() -> this.switches.release(subject.name(), released, signature.actor(), signature.reason()));
		return describe(subject, flip, "is not active for the cause '" + released.value() + "'");
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
	 * Who gives an order, and why.
	 */
	private record Signature(String actor, String reason) {

		static Signature of(@Nullable String reason, @Nullable String actor, SecurityContext security) {
			Principal caller = security.getPrincipal();
			if (reason == null && actor == null && caller == null) {
				throw missing("reason", "actor");
			}
			String who = (caller != null) ? identify(caller.getName(), actor) : required("actor", actor);
			return new Signature(who, required("reason", reason));
		}

		/**
		 * Nobody signs with another's name.
		 */
		private static String identify(String caller, @Nullable String actor) {
			return (actor == null || actor.isBlank() || actor.equals(caller)) ? caller : caller + " for " + actor;
		}

	}

}
