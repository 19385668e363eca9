package dev.resilience;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The rules of the house. A room is a package right under {@code dev.resilience}; the
 * kernel is the room without a name. A pattern is any room that is not named here, so a
 * new one is bound by the rules from its first class on.
 */
class ArchitectureTests {

	private static final String ROOT = "dev.resilience";

	private static final String KERNEL = "";

	private static final String TIME = "time";

	private static final Set<String> BELOW_KERNEL = Set.of(TIME, "async", "config", "keyed");

	private static final String REDIS = "redis";

	private static final String MICROMETER = "micrometer";

	private static final int MAX_LINES = 300;

	private static final Path SOURCES = Path.of("src", "main", "java");

	private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);

	private static final Pattern LITERAL = Pattern.compile("\"([^\"\n]*)\"");

	private static final Pattern PATTERN_TYPE = Pattern
		.compile("\\b(circuit-breaker|rate-limiter|retry|timeout|bulkhead"
				+ "|fallback|idempotency|kill-switch|agent-guard)\\b");

	private static final JavaClasses MAIN = classesOf(new ImportOption.DoNotIncludeTests());

	private static final JavaClasses TESTS = classesOf(new ImportOption.OnlyIncludeTests());

	@Test
	void roomsShouldOnlyUseTheRoomsBelowThem() {
		check(classes().should(new ArchCondition<>("use only rooms below their own, and patterns no other pattern") {
			@Override
			public void check(JavaClass origin, ConditionEvents events) {
				for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
					JavaClass target = dependency.getTargetClass().getBaseComponentType();
					if (isOurs(target) && !mayUse(room(origin), room(target))) {
						events.add(SimpleConditionEvent.violated(origin, dependency.getDescription()));
					}
				}
			}
		}), MAIN);
	}

	@Test
	void packagesShouldBeFreeOfCycles() {
		SliceAssignment packages = new SliceAssignment() {
			@Override
			public SliceIdentifier getIdentifierOf(JavaClass type) {
				return isOurs(type) ? SliceIdentifier.of(type.getPackageName()) : SliceIdentifier.ignore();
			}

			@Override
			public String getDescription() {
				return "packages";
			}
		};
		check(slices().assignedFrom(packages).should().beFreeOfCycles(), MAIN);
	}

	@Test
	void coreShouldUseNeitherSpringNorALoggingFacade() {
		check(noClasses().should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.springframework..", "org.slf4j..", "org.apache.commons.logging..",
					"org.apache.logging.."),
				MAIN);
	}

	@Test
	void onlyRedisShouldUseLettuce() {
		check(noClasses().that()
			.resideOutsideOfPackage(ROOT + "." + REDIS + "..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.lettuce.."), MAIN);
	}

	@Test
	void onlyMicrometerShouldUseMicrometer() {
		check(noClasses().that()
			.resideOutsideOfPackage(ROOT + "." + MICROMETER + "..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.micrometer.."), MAIN);
	}

	@Test
	void kernelShouldNameNoPattern() {
		List<String> named = sources(SOURCES.resolve(ROOT.replace('.', '/')), 1).stream()
			.flatMap((file) -> LITERAL.matcher(COMMENT.matcher(read(file)).replaceAll(""))
				.results()
				.map((literal) -> literal.group(1))
				.filter((literal) -> PATTERN_TYPE.matcher(literal).find())
				.map((literal) -> file.getFileName() + " says '" + literal + "'"))
			.toList();
		assertThat(named).isEmpty();
	}

	@Test
	void packagesShouldBeNullMarked() {
		HouseRules.requireNullMarked(MAIN);
	}

	@Test
	void packagesShouldHaveFewPublicTypes() {
		HouseRules.requireFewPublicTypes(MAIN);
	}

	@Test
	void nobodyShouldSleepNotEvenATest() {
		ArchRule rule = noClasses().should()
			.accessTargetWhere(calls("sleep of the JVM", (target) -> target.getName().equals("sleep")
					&& (isIn(target, Thread.class) || isIn(target, TimeUnit.class))));
		check(rule, MAIN);
		check(rule, TESTS);
	}

	@Test
	void onlyTimeShouldReadTheJvmsClocks() {
		check(noClasses().that()
			.resideOutsideOfPackage(ROOT + "." + TIME + "..")
			.should()
			.accessTargetWhere(calls("clock of the JVM", ArchitectureTests::readsAClock)), MAIN);
	}

	@Test
	void sourcesShouldStayShort() {
		List<Path> sources = sources(SOURCES, Integer.MAX_VALUE);
		assertThat(sources).isNotEmpty()
			.allSatisfy((file) -> assertThat(read(file).lines().count()).as(file.toString()).isLessThan(MAX_LINES));
	}

	private static JavaClasses classesOf(ImportOption option) {
		// Nothing here looks into classes that are not ours, so none of them is read.
		ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
		return new ClassFileImporter().withImportOption(option).importPackages(ROOT);
	}

	private static void check(ArchRule rule, JavaClasses classes) {
		assertThat(classes).isNotEmpty();
		rule.allowEmptyShould(true).check(classes);
	}

	private static boolean mayUse(String room, String target) {
		if (room.equals(target)) {
			return true;
		}
		if (BELOW_KERNEL.contains(room)) {
			return false;
		}
		return switch (room) {
			case KERNEL -> BELOW_KERNEL.contains(target);
			case REDIS -> !target.equals(MICROMETER);
			default -> target.equals(KERNEL) || BELOW_KERNEL.contains(target);
		};
	}

	private static boolean isOurs(JavaClass type) {
		return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
	}

	private static String room(JavaClass type) {
		String below = type.getPackageName().substring(ROOT.length());
		return below.isEmpty() ? KERNEL : below.substring(1).split("\\.", 2)[0];
	}

	private static boolean readsAClock(CodeUnitAccessTarget target) {
		boolean withoutClock = target.getRawParameterTypes()
			.stream()
			.noneMatch((type) -> type.isEquivalentTo(Clock.class));
		return switch (target.getName()) {
			case "nanoTime", "currentTimeMillis" -> isIn(target, System.class);
			case "now" -> target.getOwner().getPackageName().startsWith("java.time") && withoutClock;
			case "systemUTC", "systemDefaultZone", "system", "tickMillis", "tickSeconds", "tickMinutes" ->
				target.getOwner().getPackageName().startsWith("java.time");
			case "<init>" -> isIn(target, Date.class) && target.getRawParameterTypes().isEmpty();
			default -> false;
		};
	}

	private static boolean isIn(CodeUnitAccessTarget target, Class<?> owner) {
		return target.getOwner().isEquivalentTo(owner);
	}

	/**
	 * Calls and method references alike.
	 */
	private static DescribedPredicate<JavaAccess<?>> calls(String description, Predicate<CodeUnitAccessTarget> target) {
		return DescribedPredicate.describe(description,
				(access) -> access.getTarget() instanceof CodeUnitAccessTarget unit && target.test(unit));
	}

	private static List<Path> sources(Path directory, int depth) {
		try (Stream<Path> files = Files.walk(directory, depth)) {
			return files.filter((file) -> file.toString().endsWith(".java")).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
