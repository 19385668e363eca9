package dev.resilience;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import org.jspecify.annotations.NullMarked;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds for the packages of every module.
 */
public final class HouseRules {

	private static final long MAX_PUBLIC_TYPES = 12;

	private HouseRules() {
	}

	/**
	 * Requires that packages say where null may stand.
	 * @param classes all classes of the packages
	 */
	public static void requireNullMarked(JavaClasses classes) {
		List<String> unmarked = classes.stream()
			.filter((type) -> type.getPackage()
				.tryGetPackageInfo()
				.filter((info) -> info.isAnnotatedWith(NullMarked.class))
				.isEmpty())
			.map(JavaClass::getPackageName)
			.distinct()
			.toList();
		assertThat(classes).isNotEmpty();
		assertThat(unmarked).isEmpty();
	}

	/**
	 * Requires that packages show few types.
	 * @param classes all classes of the packages
	 */
	public static void requireFewPublicTypes(JavaClasses classes) {
		Map<String, Long> counts = classes.stream()
			.filter((type) -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
			.collect(Collectors.groupingBy(JavaClass::getPackageName, TreeMap::new, Collectors.counting()));
		assertThat(counts).hasSizeGreaterThan(4)
			.allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_PUBLIC_TYPES));
	}

}
