package dev.resilience.spring;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.resilience.Trap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every fault that was seen elsewhere, and that can occur in what is built so far, has a
 * test here or in the engine.
 */
class TrapsTests {

	private static final int[] BREAKER = { 1, 2, 3, 6, 7, 8, 9, 12 };

	private static final int[] LIMITER = { 16, 19 };

	private static final int[] RETRY_AND_TIMEOUT = { 20, 21, 22, 23, 24, 25 };

	/**
	 * What goes wrong with idempotent calls.
	 * <ul>
	 * <li>27: a duplicate that gives up deletes the owner's claim
	 * <li>28: the effect took place, its result cannot be stored, and the claim is
	 * removed
	 * <li>29: an owner whose lease ran out settles its successor's claim
	 * <li>30: a claim that is sent again meets itself and is reported as a conflict
	 * <li>31: a crash leaves a key in progress until the end of its ttl
	 * <li>32: null, void and Optional results are not replayed
	 * <li>33: the memory store grows without bound, or evicts a claim
	 * <li>34: types that an attacker chose are decoded from the store
	 * <li>35: keys are joined without lengths, or hold personal data
	 * <li>36: the server forgot its scripts, and calls fail
	 * <li>37: a cancelled call frees its key although the effect may go on
	 * </ul>
	 */
	private static final int[] IDEMPOTENCY = { 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37 };

	private static final int[] KILL_SWITCH = { 40, 42 };

	private static final int[] SPRING = { 26, 45, 46, 47, 48 };

	@Test
	void everyTrapShouldHaveATest() {
		Set<Integer> missing = new TreeSet<>();
		for (int[] traps : new int[][] { BREAKER, LIMITER, RETRY_AND_TIMEOUT, IDEMPOTENCY, KILL_SWITCH, SPRING }) {
			IntStream.of(traps).forEach(missing::add);
		}
		new ClassFileImporter().importPackages("dev.resilience")
			.stream()
			.flatMap((type) -> type.getMethods().stream())
			.filter(TrapsTests::isTest)
			.forEach((method) -> method.tryGetAnnotationOfType(Trap.class)
				.ifPresent((trap) -> Arrays.stream(trap.value()).forEach(missing::remove)));
		assertThat(missing).as("traps without a test").isEmpty();
	}

	private static boolean isTest(JavaMethod method) {
		return method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(ParameterizedTest.class)
				|| method.isAnnotatedWith(RepeatedTest.class);
	}

}
