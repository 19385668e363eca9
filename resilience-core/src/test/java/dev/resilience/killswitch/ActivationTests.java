package dev.resilience.killswitch;

import java.time.Duration;

import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ActivationTests {

	private final Activation.Builder complete = Activation.builder().reason("double charges").actor("alice");

	@Test
	void buildWhenOnlyWhatIsRequiredIsSetShouldBeAPersonsOrderWithoutEnd() {
		assertThat(this.complete.build())
			.isEqualTo(new Activation(Cause.PERSON, "double charges", "alice", null, null, null));
	}

	@Test
	@Trap(40)
	void buildWhenReasonIsMissingShouldSaySo() {
		assertThatIllegalArgumentException().isThrownBy(() -> Activation.builder().actor("alice").build())
			.withMessageStartingWith("'reason' is '' but must not be blank: say why");
	}

	@Test
	@Trap(40)
	void buildWhenActorIsMissingShouldSaySo() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> Activation.builder().reason("double charges").actor(" ").build())
			.withMessageStartingWith("'actor' is ' ' but must not be blank: say who");
	}

	@Test
	void buildWhenTextsAreAsLongAsAllowedShouldTakeThem() {
		Activation activation = Activation.builder()
			.reason("r".repeat(500))
			.actor("a".repeat(200))
			.ticket("t".repeat(200))
			.build();
		assertThat(activation.reason()).hasSize(500);
	}

	@Test
	void buildWhenTextsAreTooLongShouldRefuse() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.complete.reason("r".repeat(501)).build())
			.withMessageContaining("'reason'")
			.withMessageContaining("must have at most 500 characters");
		this.complete.reason("double charges");
		assertThatIllegalArgumentException().isThrownBy(() -> this.complete.actor("a".repeat(201)).build())
			.withMessageContaining("'actor'")
			.withMessageContaining("must have at most 200 characters");
		this.complete.actor("alice");
		assertThatIllegalArgumentException().isThrownBy(() -> this.complete.ticket("t".repeat(201)).build())
			.withMessageContaining("'ticket'");
	}

	@Test
	void buildWhenAReasonWouldForgeALineShouldRefuse() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.complete.reason("fine\nreleased by bob").build())
			.withMessageContaining("must be one line of plain text");
	}

	@Test
	void buildWhenExpiryIsNotPositiveOrTooFarShouldRefuse() {
		for (Duration expiresIn : new Duration[] { Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(366) }) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.complete.expiresIn(expiresIn).build())
				.withMessageContaining("'expires-in' is '" + expiresIn + "' but must be positive and at most a year");
		}
	}

	@Test
	void buildWhenBothExpiriesAreSetShouldRefuse() {
		this.complete.expiresIn(Duration.ofHours(1)).expiresAt(FakeTicker.EPOCH);
		assertThatIllegalArgumentException().isThrownBy(this.complete::build)
			.withMessageContaining("must not stand beside 'expires-at'");
	}

	@Test
	void causeWhenAutomaticShouldNameItsSource() {
		assertThat(Cause.automatic("error-budget")).hasToString("automatic:error-budget")
			.isEqualTo(new Cause("automatic:error-budget"))
			.matches(Cause::isAutomatic);
		assertThat(new Cause("person")).isEqualTo(Cause.PERSON).matches((cause) -> !cause.isAutomatic());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "Person", "automatic", "automatic:", "automatic:a b", "persons" })
	void causeWhenOfAnotherFormShouldRefuse(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> new Cause(text))
			.withMessageContaining("'cause' is '" + text + "' but must be 'person', or 'automatic:'");
	}

}
