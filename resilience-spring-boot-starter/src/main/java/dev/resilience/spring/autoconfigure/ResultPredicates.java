package dev.resilience.spring.autoconfigure;

import java.util.List;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.function.SingletonSupplier;

/**
 * Finds the predicate beans that policies name. Whether there is one is known at
 * start-up; the bean itself is made when it is first asked, as it may need protected
 * beans.
 *
 * @param beans where to look
 * @param property the setting that names them
 */
record ResultPredicates(ListableBeanFactory beans, String property) {

	/**
	 * Finds a predicate.
	 * @throws IllegalArgumentException when there is none of the name
	 */
	@SuppressWarnings("unchecked")
	Predicate<@Nullable Object> named(String name) {
		List<String> known = List.of(this.beans.getBeanNamesForType(Predicate.class, true, false));
		Setting.of(this.property, name)
			.require(this.beans.containsBean(name) && this.beans.isTypeMatch(name, Predicate.class),
					"must name a bean of type java.util.function.Predicate",
					known.isEmpty() ? "declare one, there is none"
							: "nearest: " + String.join(", ", PolicyRegistry.nearest(name, known)));
		SingletonSupplier<Predicate<@Nullable Object>> bean = SingletonSupplier
			.of(() -> this.beans.getBean(name, Predicate.class));
		return (value) -> bean.obtain().test(value);
	}

}
