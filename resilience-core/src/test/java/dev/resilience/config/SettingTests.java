package dev.resilience.config;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SettingTests {

	@Test
	void lineWhenItIsAsLongAsAllowedShouldHoldIt() {
		assertThat(Setting.line("reason", "fraud", 5, "say why").value()).isEqualTo("fraud");
		assertThatIllegalArgumentException().isThrownBy(() -> Setting.line("reason", "frauds", 5, "say why"))
			.withMessage("'reason' is 'frauds' but must have at most 5 characters: shorten it");
	}

	@Test
	void violationWhenTheValueIsEndlessShouldShowItsBeginningOnly() {
		assertThat(Setting.of("name", "x".repeat(100)).violation("must differ", "choose another"))
			.hasMessage("'name' is '" + "x".repeat(100) + "' but must differ: choose another");
		assertThat(Setting.of("name", "x".repeat(101)).violation("must differ", "choose another"))
			.hasMessage("'name' is '" + "x".repeat(100) + "...' but must differ: choose another");
	}

	@Test
	void keyShouldBeTheModeAsItIsConfigured() {
		assertThat(Mode.SHADOW.key()).isEqualTo("shadow");
	}

}
