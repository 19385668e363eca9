package dev.resilience.fallback;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class HandlerTests {

	@Test
	void handlesShouldGoByType() {
		Handler handler = Handler.of(IOException.class, (argument, failure) -> "saved");
		assertThat(handler.handles(new IOException())).isTrue();
		assertThat(handler.handles(new FileNotFoundException())).isTrue();
		assertThat(handler.handles(new IllegalStateException())).isFalse();
	}

	@Test
	void handlesWhenRejectionIsFinalShouldAskForExactlyItsType() {
		EmergencyException emergency = new EmergencyException();
		assertThat(Handler.of(Throwable.class, (argument, failure) -> "saved").handles(emergency)).isFalse();
		assertThat(Handler.of(BaseEmergencyException.class, (argument, failure) -> "saved").handles(emergency))
			.isFalse();
		assertThat(Handler.of(EmergencyException.class, (argument, failure) -> "saved").handles(emergency)).isTrue();
	}

	@Test
	void closestShouldBeTheMostSpecificCaseWhateverTheirOrder() {
		Handler.Case<IOException> general = new Handler.Case<>(IOException.class, (argument, failure) -> "io");
		Handler.Case<FileNotFoundException> special = new Handler.Case<>(FileNotFoundException.class,
				(argument, failure) -> "file");
		Handler.Case<Throwable> any = new Handler.Case<>(Throwable.class, (argument, failure) -> "any");
		assertThat(new Handler(List.of(general, special, any)).closest(new FileNotFoundException())).isSameAs(special);
		assertThat(new Handler(List.of(any, special, general)).closest(new FileNotFoundException())).isSameAs(special);
		assertThat(new Handler(List.of(any, special, general)).closest(new IOException())).isSameAs(general);
		assertThat(new Handler(List.of(any, special, general)).closest(new Error())).isSameAs(any);
	}

	@Test
	void createWhenWithoutCasesShouldRefuse() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Handler(List.of()))
			.withMessageContaining("'cases'")
			.withMessageContaining("must not be empty");
	}

	@Test
	void createWhenATypeIsNamedTwiceShouldRefuse() {
		Handler.Case<IOException> one = new Handler.Case<>(IOException.class, (argument, failure) -> "one");
		Handler.Case<IOException> two = new Handler.Case<>(IOException.class, (argument, failure) -> "two");
		assertThatIllegalArgumentException().isThrownBy(() -> new Handler(List.of(one, two)))
			.withMessageContaining("must name each type of failure once");
	}

}
