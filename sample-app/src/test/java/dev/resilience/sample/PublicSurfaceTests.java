package dev.resilience.sample;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.resilience.idempotency.IdempotencyContext;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample needs nothing that is not meant for users: annotations, exceptions and the
 * context of an idempotent call.
 */
class PublicSurfaceTests {

	private static final DescribedPredicate<JavaClass> INNER_PARTS = DescribedPredicate.describe(
			"are no part of the public surface",
			(type) -> type.getPackageName().startsWith("dev.resilience")
					&& !type.getPackageName().equals("dev.resilience.sample")
					&& !type.getPackageName().equals("dev.resilience.spring.annotation")
					&& !type.isAssignableTo(Throwable.class) && !type.isAssignableTo(IdempotencyContext.class));

	@Test
	void sampleShouldUsePublicSurfaceOnly() {
		JavaClasses sample = new ClassFileImporter().importPackagesOf(CheckoutApplication.class)
			.that(DescribedPredicate.describe("are of the sample itself",
					(type) -> type.getSource()
						.map((source) -> !source.getUri().getPath().contains("test-classes"))
						.orElse(false)));
		assertThat(sample).extracting(JavaClass::getSimpleName).contains("Checkout", "Payments", "OrderController");
		noClasses().should().dependOnClassesThat(INNER_PARTS).check(sample);
	}

}
