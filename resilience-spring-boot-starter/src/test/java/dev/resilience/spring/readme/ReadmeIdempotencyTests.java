package dev.resilience.spring.readme;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotencyMismatchException;
import dev.resilience.idempotency.TypedOperation;
import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the README says of idempotent calls without annotations.
 */
class ReadmeIdempotencyTests {

	private static final Pattern ROW = Pattern.compile("(idempotency|operation)\\.(\\w+)\\((.*)\\)");

	@Test
	void chargeShouldRunOnceAndBeFoundAgain() {
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withBean(Provider.class)
			.withBean(Charges.class)
			.run((context) -> {
				Charges charges = context.getBean(Charges.class);
				assertThat(charges.charged("order-1")).isEmpty();
				Receipt receipt = charges.charge("order-1", new Order("alice", 5));
				context.getBean(Provider.class).down = true;
				assertThat(charges.charge("order-1", new Order("alice", 5))).isEqualTo(receipt);
				assertThat(charges.charged("order-1")).contains(receipt);
				assertThatExceptionOfType(IdempotencyMismatchException.class)
					.isThrownBy(() -> charges.charge("order-1", new Order("alice", 6)));
			});
	}

	@Test
	void tableShouldHaveEveryMethodAndNoOther() {
		Set<String> told = new TreeSet<>();
		for (List<String> row : Readme.table("In code").rows()) {
			Matcher method = ROW.matcher(Readme.code(row.get(0)));
			assertThat(method.matches()).as("%s is a call", row).isTrue();
			int arguments = method.group(3).isEmpty() ? 0 : method.group(3).split(",").length;
			told.add(method.group(1) + "." + method.group(2) + "/" + arguments);
		}
		Set<String> existing = new TreeSet<>();
		existing.addAll(methods("idempotency", Idempotency.class));
		existing.addAll(methods("operation", TypedOperation.class));
		assertThat(told).isEqualTo(existing);
	}

	private static Set<String> methods(String name, Class<?> type) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> Modifier.isPublic(method.getModifiers()))
			.map((Method method) -> name + "." + method.getName() + "/" + method.getParameterCount())
			.collect(Collectors.toSet());
	}

}
