package dev.resilience.spring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.resilience.HouseRules;
import dev.resilience.Trap;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.spring.annotation.Resilient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The starter's rules of the house. A pattern is any package of the engine that is not
 * named here, so a new one is bound by the rules from its first class on.
 */
class StarterArchitectureTests {

	private static final String ENGINE = "dev.resilience";

	private static final String ROOT = "dev.resilience.spring";

	private static final Set<String> NO_PATTERNS = Set.of(ENGINE, ENGINE + ".time", ENGINE + ".async",
			ENGINE + ".config", ENGINE + ".history", ENGINE + ".keyed", ENGINE + ".micrometer", ENGINE + ".redis");

	private static final int MAX_LINES = 300;

	private static final int MAX_AUTO_CONFIGURATION_LINES = 70;

	private static final Path SOURCES = Path.of("src", "main", "java");

	private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);

	private static final Pattern LITERAL = Pattern.compile("\"([^\"\n]*)\"");

	private static final JavaClasses ENGINE_AND_STARTER = mainClasses();

	private static final JavaClasses MAIN = ENGINE_AND_STARTER.that(in(ROOT));

	private static final Set<String> PATTERNS = ENGINE_AND_STARTER.stream()
		.map(JavaClass::getPackageName)
		.filter((name) -> !name.startsWith(ROOT) && !NO_PATTERNS.contains(name))
		.collect(Collectors.toCollection(TreeSet::new));

	@Test
	void patternsShouldBeKnown() {
		assertThat(PATTERNS).contains(ENGINE + ".circuitbreaker", ENGINE + ".ratelimiter", ENGINE + ".killswitch",
				ENGINE + ".idempotency");
	}

	@Test
	void nobodyShouldUseAutoConfigurations() {
		check(noClasses().that(in(ROOT).and(DescribedPredicate.not(in(ROOT + ".autoconfigure"))))
			.should()
			.dependOnClassesThat(in(ROOT + ".autoconfigure")));
	}

	@Test
	void endpointsAndWebShouldUseTheEngineAlone() {
		check(noClasses().that(in(ROOT + ".actuate"))
			.should()
			.dependOnClassesThat(in(ROOT).and(DescribedPredicate.not(in(ROOT + ".actuate")))));
		check(noClasses().that(in(ROOT + ".web"))
			.should()
			.dependOnClassesThat(in(ROOT).and(DescribedPredicate.not(in(ROOT + ".web")))));
		assertThat(MAIN.that(in(ROOT + ".actuate"))).anyMatch((type) -> type.getDirectDependenciesFromSelf()
			.stream()
			.anyMatch((dependency) -> dependency.getTargetClass().getPackageName().equals(ENGINE)));
	}

	@Test
	void annotationsShouldUseNothing() {
		check(noClasses().that(in(ROOT + ".annotation"))
			.should()
			.dependOnClassesThat(in(ENGINE).and(DescribedPredicate.not(in(ROOT + ".annotation")))));
	}

	@Test
	void packagesShouldBeFreeOfCycles() {
		SliceAssignment packages = new SliceAssignment() {
			@Override
			public SliceIdentifier getIdentifierOf(JavaClass type) {
				return in(ENGINE).test(type) ? SliceIdentifier.of(type.getPackageName()) : SliceIdentifier.ignore();
			}

			@Override
			public String getDescription() {
				return "packages";
			}
		};
		slices().assignedFrom(packages).should().beFreeOfCycles().check(ENGINE_AND_STARTER);
	}

	@Test
	void sharedClassesShouldUseNoPattern() {
		assertThat(MAIN.that(shared())).extracting(JavaClass::getSimpleName)
			.contains("PlanCompiler", "PolicyEndpoint", "EndpointProblems", "ResilienceHealthIndicator",
					"PolicySettings", "ResilienceAutoConfiguration", "RejectionAdvice", "ProtectionVerifier");
		check(noClasses().that(shared())
			.should()
			.dependOnClassesThat(
					DescribedPredicate.describe("are a pattern's", (type) -> PATTERNS.contains(type.getPackageName())
							&& !type.getPackageName().endsWith(".fallback"))));
		check(noClasses().that(shared().and(DescribedPredicate.not(in(ROOT + ".aop"))))
			.should()
			.dependOnClassesThat(in(ENGINE + ".fallback")));
		check(noClasses().that(shared())
			.should()
			.dependOnClassesThat(DescribedPredicate.describe("are a pattern's annotation",
					(type) -> type.isAnnotatedWith(Protection.class) && !type.isEquivalentTo(Resilient.class))));
		check(noClasses().that(shared())
			.should()
			.dependOnClassesThat(in(ROOT).and(DescribedPredicate.not(shared()))
				.and(DescribedPredicate.not(in(ROOT + ".annotation")))));
	}

	@Test
	void sharedClassesShouldNameNoPattern() {
		Set<String> names = MAIN.that(shared()).stream().map(JavaClass::getSimpleName).collect(Collectors.toSet());
		Pattern pattern = Pattern.compile(PATTERNS.stream()
			.map((name) -> name.substring(ENGINE.length() + 1))
			.filter((name) -> !name.equals("fallback"))
			.map((name) -> String.join("-?", name.split("")))
			.collect(Collectors.joining("|")), Pattern.CASE_INSENSITIVE);
		assertThat(pattern.matcher("a circuit-breaker").find()).isTrue();
		List<String> named = sources().stream()
			.filter((file) -> names.contains(simpleName(file)))
			.flatMap((file) -> LITERAL.matcher(COMMENT.matcher(read(file)).replaceAll(""))
				.results()
				.map((literal) -> literal.group(1))
				.filter((literal) -> pattern.matcher(literal).find())
				.map((literal) -> simpleName(file) + " says '" + literal + "'"))
			.toList();
		assertThat(named).isEmpty();
	}

	@Test
	void autoConfigurationsShouldBePublicFinalAndThin() {
		check(classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.haveSimpleNameEndingWith("AutoConfiguration"));
		List<Path> sources = sources().stream()
			.filter((file) -> simpleName(file).endsWith("AutoConfiguration"))
			.toList();
		assertThat(sources).isNotEmpty()
			.allSatisfy((file) -> assertThat(codeLines(file)).as(simpleName(file))
				.isLessThanOrEqualTo(MAX_AUTO_CONFIGURATION_LINES));
	}

	@Test
	void sourcesShouldStayShort() {
		assertThat(sources()).isNotEmpty()
			.allSatisfy((file) -> assertThat(read(file).lines().count()).as(simpleName(file)).isLessThan(MAX_LINES));
	}

	@Test
	void packagesShouldBeNullMarked() {
		HouseRules.requireNullMarked(MAIN);
	}

	@Test
	void packagesShouldHaveFewPublicTypes() {
		// An auto-configuration is public for Boot, and nobody else uses it.
		HouseRules.requireFewPublicTypes(MAIN.that(DescribedPredicate.describe("are for people",
				(type) -> !type.isAnnotatedWith(AutoConfiguration.class))));
	}

	@Test
	@Trap(34)
	void nobodyShouldDecodeTypesThatTheDataChooses() {
		// One looks at what annotations say of types, and must read nothing by it.
		String looking = ROOT + ".autoconfigure.NamedTypes";
		noClasses().that()
			.haveFullyQualifiedName(looking)
			.should()
			.accessTargetWhere(DescribedPredicate.<JavaAccess<?>>describe("reading",
					(access) -> access.getTarget().getName().matches("(deserialize|readValue|typeFromId|findClass).*")))
			.check(ENGINE_AND_STARTER);
		noClasses().that()
			.doNotHaveFullyQualifiedName(looking)
			.should()
			.dependOnClassesThat(DescribedPredicate.describe("choose types by data",
					(type) -> type.getName().startsWith("com.fasterxml.jackson.annotation.JsonTypeInfo")
							|| (type.getName().contains(".jackson.databind.jsontype.")
									// By which a mapper is told to choose none.
									&& !type.getName().contains("PolymorphicTypeValidator"))))
			.check(ENGINE_AND_STARTER);
		noClasses().should()
			.dependOnClassesThat(DescribedPredicate.describe("serialize",
					(type) -> Set
						.of("java.io.ObjectInputStream", "java.io.ObjectOutputStream", "java.beans.XMLDecoder",
								"java.beans.XMLEncoder", "org.springframework.util.SerializationUtils")
						.contains(type.getName()) || type.getName().startsWith("org.springframework.core.serializer.")))
			.check(ENGINE_AND_STARTER);
		noClasses().should()
			.accessTargetWhere(DescribedPredicate
				.<JavaAccess<?>>describe("default typing",
						(access) -> Set.of("activateDefaultTyping", "activateDefaultTypingAsProperty",
								"enableDefaultTyping", "setDefaultTyping")
							.contains(access.getTarget().getName())))
			.check(ENGINE_AND_STARTER);
	}

	private static JavaClasses mainClasses() {
		// Nothing here looks into classes that are not ours, so none of them is read.
		ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
		return new ClassFileImporter()
			.withImportOption((location) -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
			.importPackages(ENGINE);
	}

	private static void check(ArchRule rule) {
		assertThat(MAIN).hasSizeGreaterThan(30);
		rule.allowEmptyShould(false).check(MAIN);
	}

	private static DescribedPredicate<JavaClass> in(String name) {
		Predicate<String> within = (candidate) -> candidate.equals(name) || candidate.startsWith(name + ".");
		return DescribedPredicate.describe("in " + name, (type) -> within.test(type.getPackageName()));
	}

	/**
	 * The classes that serve all patterns: not a pattern's endpoint, nor what is named
	 * after a pattern or in a package of web that is, nor a pattern's annotation.
	 */
	private static DescribedPredicate<JavaClass> shared() {
		return DescribedPredicate.describe("are shared", (type) -> {
			JavaClass outermost = type;
			while (outermost.getEnclosingClass().isPresent()) {
				outermost = outermost.getEnclosingClass().get();
			}
			return in(ROOT).test(type) && !in(ROOT + ".annotation").test(type)
					&& !outermost.isAnnotatedWith(WebEndpoint.class)
					&& !(in(ROOT + ".autoconfigure").test(type) && isNamedAfterPattern(outermost))
					&& PATTERNS.stream()
						.noneMatch((pattern) -> type.getPackageName()
							.equals(ROOT + ".web" + pattern.substring(ENGINE.length())));
		});
	}

	private static boolean isNamedAfterPattern(JavaClass type) {
		String name = type.getSimpleName().toLowerCase(Locale.ROOT);
		return PATTERNS.stream()
			.map((pattern) -> pattern.substring(ENGINE.length() + 1))
			// An adjective differs from its noun in the end: idempotent, idempotency.
			.anyMatch((pattern) -> name.startsWith(pattern.substring(0, Math.min(9, pattern.length()))));
	}

	private static List<Path> sources() {
		try (Stream<Path> files = Files.walk(SOURCES)) {
			return files.filter((file) -> file.toString().endsWith(".java")).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String simpleName(Path file) {
		String name = file.getFileName().toString();
		return name.substring(0, name.length() - ".java".length());
	}

	private static long codeLines(Path file) {
		return COMMENT.matcher(read(file))
			.replaceAll("")
			.lines()
			.filter((line) -> !line.isBlank() && !line.startsWith("import ") && !line.startsWith("package "))
			.count();
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
