package dev.resilience.fallback;

import java.util.List;

import dev.resilience.CallRejectedException;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * One link of a fallback's chain: a recovery for each type of failure that it answers
 * for. Of several that fit, the closest type wins. Immutable.
 *
 * @param cases the recoveries, no two of the same type
 */
public record Handler(List<Case<?>> cases) {

	/**
	 * Creates a handler.
	 * @throws IllegalArgumentException when there is no case, or there are two for one
	 * type
	 */
	public Handler {
		cases = List.copyOf(cases);
		List<String> types = cases.stream().map((each) -> each.type().getName()).toList();
		Setting.of("cases", types)
			.require(!types.isEmpty(), "must not be empty", "say which failures the handler answers for")
			.require(types.stream().distinct().count() == types.size(), "must name each type of failure once",
					"remove one of the two");
	}

	/**
	 * A handler for one type of failure and its subtypes.
	 * @param <X> the type
	 * @param type the type; to answer for a final rejection it must be exactly its class
	 * @param recovery the answer
	 * @return the handler
	 */
	public static <X extends Throwable> Handler of(Class<X> type, Recovery<? super X> recovery) {
		return new Handler(List.of(new Case<>(type, recovery)));
	}

	/**
	 * Whether this handler answers for a failure: by type, and for a
	 * {@linkplain CallRejectedException#isFinal() final} rejection only if it names
	 * exactly that type.
	 * @param failure the failure
	 * @return whether it does
	 */
	public boolean handles(Throwable failure) {
		return closest(failure) != null;
	}

	@Nullable Case<?> closest(Throwable failure) {
		Case<?> closest = null;
		for (Case<?> candidate : this.cases) {
			if (candidate.fits(failure) && (closest == null || closest.type().isAssignableFrom(candidate.type()))) {
				closest = candidate;
			}
		}
		return closest;
	}

	static boolean isFinal(Throwable failure) {
		return failure instanceof CallRejectedException rejection && rejection.isFinal();
	}

	/**
	 * A recovery for one type of failure.
	 *
	 * @param <X> the type
	 * @param type the type
	 * @param recovery the answer
	 */
	public record Case<X extends Throwable>(Class<X> type, Recovery<? super X> recovery) {

		boolean fits(Throwable failure) {
			return isFinal(failure) ? this.type == failure.getClass() : this.type.isInstance(failure);
		}

		@Nullable Object recover(Object argument, Throwable failure) throws Throwable {
			return this.recovery.recover(argument, this.type.cast(failure));
		}

	}

}
