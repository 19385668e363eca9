package dev.resilience.spring.readme;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.spring.aop.ProtectionAdvisor;
import dev.resilience.spring.aop.ProtectionBinding;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ResolvableType;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README says of the annotations is what they are.
 */
class ReadmeAnnotationsTests {

	private static final ResolvableType BINDINGS = ResolvableType.forClass(ProtectionBinding.class);

	@Test
	void tableShouldHaveEveryAttributeAndNoOther() {
		Map<String, String> documented = new LinkedHashMap<>();
		String annotation = "";
		for (List<String> row : Readme.table("Annotation").rows()) {
			annotation = row.get(0).isEmpty() ? annotation : Readme.code(row.get(0));
			documented.put(annotation + "." + Readme.code(row.get(1)), row.get(2));
		}
		Map<String, Object> existing = attributes();
		assertThat(documented).containsOnlyKeys(existing.keySet());
		documented.forEach((attribute, described) -> {
			Object value = existing.get(attribute);
			if (value.equals("required")) {
				assertThat(described).as(attribute).isEqualTo("required");
			}
			else if (value.getClass().isArray()) {
				assertThat(Array.getLength(value)).as(attribute).isZero();
				assertThat(described).as(attribute).isEqualTo("none");
			}
			else {
				assertThat(value).as(attribute).isEqualTo("");
				assertThat(described).as(attribute).isNotEmpty().isNotEqualTo("required");
			}
		});
	}

	@Test
	void orderShouldBeThatOfTheAdvice() {
		List<String> documented = Readme.blocks("text")
			.get(0)
			.lines()
			.map((line) -> line.strip().replaceFirst(" {2,}.*", ""))
			.toList();
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withPropertyValues("resilience.circuit-breakers.everything.preset=moderate")
			.withUserConfiguration(EverythingConfiguration.class)
			.run((context) -> {
				Advised bean = (Advised) context.getBean(Everything.class);
				Stream<String> advice = Arrays.stream(bean.getAdvisors())
					.flatMap((advisor) -> (advisor instanceof ProtectionAdvisor)
							? ours(context.getBeanProvider(BINDINGS))
							: Stream.of(spring(advisor.getClass().getSimpleName())));
				assertThat(Stream.concat(advice, Stream.of("the method"))).containsExactlyElementsOf(documented);
			});
	}

	private static Stream<String> ours(ObjectProvider<ProtectionBinding<?>> bindings) {
		return Stream.concat(Stream.of("fallback"),
				bindings.stream()
					.sorted(Comparator.comparingInt(ProtectionBinding::order))
					.map((binding) -> "@" + binding.annotationType().getSimpleName()));
	}

	private static String spring(String advisor) {
		return switch (advisor) {
			case "AsyncAnnotationAdvisor" -> "@Async";
			case "BeanFactoryCacheOperationSourceAdvisor" -> "@Cacheable";
			case "BeanFactoryTransactionAttributeSourceAdvisor" -> "@Transactional";
			default -> advisor;
		};
	}

	private static Map<String, Object> attributes() {
		Map<String, Object> attributes = new HashMap<>();
		new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.importPackages(Protection.class.getPackageName())
			.stream()
			.filter((type) -> type.isAnnotatedWith(Protection.class))
			.map(JavaClass::reflect)
			.forEach((type) -> {
				for (Method attribute : type.getDeclaredMethods()) {
					Object value = attribute.getDefaultValue();
					attributes.put("@" + type.getSimpleName() + "." + attribute.getName(),
							(value != null) ? value : "required");
				}
			});
		return attributes;
	}

	static class Everything {

		@Async
		@Cacheable("everything")
		@CircuitProtected("everything")
		@Transactional
		CompletableFuture<String> call() {
			return CompletableFuture.completedFuture("called");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	@EnableCaching
	@EnableTransactionManagement
	static class EverythingConfiguration {

		@Bean
		Everything everything() {
			return new Everything();
		}

		@Bean
		CacheManager cacheManager() {
			return new ConcurrentMapCacheManager("everything");
		}

	}

}
