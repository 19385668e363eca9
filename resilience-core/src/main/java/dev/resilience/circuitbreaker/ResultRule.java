package dev.resilience.circuitbreaker;

import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * A predicate that has a name, under which the settings show it. As thread-safe as the
 * predicate.
 *
 * @param name the name, for people
 * @param predicate tells whether a returned value counts as a failure
 */
public record ResultRule(String name, Predicate<@Nullable Object> predicate) implements Predicate<@Nullable Object> {

	@Override
	public boolean test(@Nullable Object value) {
		return this.predicate.test(value);
	}

}
