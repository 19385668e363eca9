package dev.resilience.idempotency;

import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.resilience.PolicyRegistry;
import dev.resilience.config.Setting;
import dev.resilience.idempotency.TypedOperation.Found;
import org.jspecify.annotations.Nullable;

/**
 * Calls that take effect once for each key, for programs that say so in code. Operations
 * are declared by name, result type and configuration, and are then in the registry like
 * any other. Thread-safe.
 * <p>
 * Whoever asks for an operation again gets the same one, and an
 * {@link IllegalArgumentException} when the result type or a value of the configuration
 * that was asked for is another one than before. So does who asks for one that was not
 * declared here: the operation of an annotated method, or of a filter, belongs to that
 * alone. Operations are part of the program, what varies with the call is a key: beyond
 * {@value #MAX_OPERATIONS} of them none is made.
 */
public final class Idempotency {

	// What a factory calls may be anybody's code and take anybody's locks. So operations
	// are made outside of all locks, and of those that threads make at the same time the
	// registry takes the first; the others have done nothing and are dropped.

	/**
	 * The most operations that can be declared here.
	 */
	public static final int MAX_OPERATIONS = 1_000;

	private static final int MAX_NAME = 255;

	private final Map<String, TypedOperation<?>> declared = new ConcurrentHashMap<>();

	private final PolicyRegistry<IdempotentOperation> operations;

	private final IdempotencyConfig defaults;

	private final Factory factory;

	/**
	 * Creates a facade.
	 * @param operations where its operations are registered
	 * @param defaults the configuration of operations that say nothing else
	 * @param factory makes its operations
	 */
	public Idempotency(PolicyRegistry<IdempotentOperation> operations, IdempotencyConfig defaults, Factory factory) {
		this.operations = operations;
		this.defaults = defaults;
		this.factory = factory;
	}

	/**
	 * Declares an operation with the defaults, or returns the one declared before,
	 * whatever its configuration.
	 * @param <T> what its calls return
	 * @param name its name, the same on every instance of the program
	 * @param type what its calls return; for asynchronous calls, what completes them
	 * @return the operation
	 * @throws IllegalArgumentException when it cannot be the operation of that name, or
	 * results of the type cannot be stored
	 * @throws IllegalStateException when there are too many
	 */
	public <T> TypedOperation<T> operation(String name, Class<T> type) {
		return find(name, type, null);
	}

	/**
	 * Declares an operation, or returns the one declared before.
	 * @param <T> what its calls return
	 * @param name its name, the same on every instance of the program
	 * @param type what its calls return; for asynchronous calls, what completes them
	 * @param config changes what is to differ from the defaults
	 * @return the operation
	 * @throws IllegalArgumentException as for {@link #operation(String, Class)}, or when
	 * a value of the configuration breaks its rule
	 * @throws IllegalStateException when there are too many
	 */
	public <T> TypedOperation<T> operation(String name, Class<T> type, Consumer<IdempotencyConfig.Builder> config) {
		return find(name, type, changed(config));
	}

	/**
	 * As {@link #operation(String, Class)}, for types with type arguments.
	 * @param <T> what its calls return: nobody checks that it is what the type says
	 * @param name its name
	 * @param type what its calls return, with type arguments
	 * @return the operation
	 */
	public <T extends @Nullable Object> TypedOperation<T> operation(String name, Type type) {
		return find(name, type, null);
	}

	/**
	 * As {@link #operation(String, Class, Consumer)}, for types with type arguments.
	 * @param <T> what its calls return: nobody checks that it is what the type says
	 * @param name its name
	 * @param type what its calls return, with type arguments
	 * @param config changes what is to differ from the defaults
	 * @return the operation
	 */
	public <T extends @Nullable Object> TypedOperation<T> operation(String name, Type type,
			Consumer<IdempotencyConfig.Builder> config) {
		return find(name, type, changed(config));
	}

	/**
	 * Runs a call once for its key, in {@link #operation(String, Class)}.
	 * @param <T> what it returns
	 * @param operation the operation's name
	 * @param key what makes two calls the same
	 * @param type what it returns
	 * @param call the call
	 * @return what it returned, now or before
	 * @throws Exception what it threw, as it is, or as
	 * {@link TypedOperation#execute(String, String, Callable)} and
	 * {@link #operation(String, Class)} do
	 */
	public <T> T execute(String operation, String key, Class<T> type, Callable<T> call) throws Exception {
		return operation(operation, type).execute(key, null, call);
	}

	/**
	 * Runs an asynchronous call once for its key, in {@link #operation(String, Class)}.
	 * It never throws, every path completes the stage, and cancelling the stage's future
	 * cancels the call.
	 * @param <T> what completes it
	 * @param operation the operation's name
	 * @param key what makes two calls the same
	 * @param type what completes it
	 * @param call starts the call
	 * @return the outcome
	 */
	public <T> CompletionStage<T> executeAsync(String operation, String key, Class<T> type,
			Supplier<? extends CompletionStage<T>> call) {
		try {
			return operation(operation, type).executeAsync(key, null, call);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Looks up whether a key was called and what came of it, in any operation that there
	 * is: one that was declared here, or an annotated method's.
	 * @param <T> what its calls return
	 * @param operation the operation's name
	 * @param key the key
	 * @param type what its calls return
	 * @return what is known, or empty when the key was not called, or is free again
	 * @throws PolicyRegistry.UnknownPolicyException when nobody has declared the
	 * operation yet; it names the nearest
	 * @throws IllegalArgumentException when the result is of another type
	 * @throws IdempotencyStoreException when the store fails
	 */
	public <T> Optional<Found<T>> lookup(String operation, String key, Class<T> type) {
		Optional<Found<T>> found = TypedOperation.look(this.operations.get(operation), IdempotencyKey.of(key));
		found.ifPresent((known) -> requireInstance(known.value(), type));
		return found;
	}

	/**
	 * Forgets a completed or abandoned call, so that the next one with its key runs, in
	 * any operation that there is. A running call is never forgotten.
	 * @param operation the operation's name
	 * @param key the key
	 * @return whether something was forgotten
	 * @throws PolicyRegistry.UnknownPolicyException when nobody has declared the
	 * operation yet; it names the nearest
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean forget(String operation, String key) {
		return this.operations.get(operation).forget(key);
	}

	@SuppressWarnings("unchecked") // the caller says what the type is
	private <T extends @Nullable Object> TypedOperation<T> find(String name, Type type,
			@Nullable IdempotencyConfig config) {
		Type boxed = (type instanceof Class<?> plain) ? boxed(plain) : type;
		TypedOperation<?> known = this.declared.get(name);
		if (known == null || !isRegistered(known)) {
			known = declare(name, boxed, (config != null) ? config : this.defaults);
		}
		known.requireSame(boxed, config);
		return (TypedOperation<T>) known;
	}

	private static Class<?> boxed(Class<?> type) {
		return type.isPrimitive() ? MethodType.methodType(type).wrap().returnType() : type;
	}

	private IdempotencyConfig changed(Consumer<IdempotencyConfig.Builder> change) {
		IdempotencyConfig.Builder builder = this.defaults.toBuilder();
		change.accept(builder);
		return builder.build();
	}

	private boolean isRegistered(TypedOperation<?> operation) {
		return this.operations.find(operation.policy().name()).orElse(null) == operation.policy();
	}

	private TypedOperation<?> declare(String name, Type type, IdempotencyConfig config) {
		Setting.line("operation", name, MAX_NAME, "give the operation a name, 'charge' say");
		requireRoom();
		if (this.operations.find(name).isEmpty()) {
			TypedOperation<?> made = new TypedOperation<>(this.factory.make(name, type, config), type, config);
			this.operations.getOrCreate(name, (free) -> {
				requireRoom();
				this.declared.put(name, made);
				return made.policy();
			});
		}
		TypedOperation<?> known = this.declared.get(name);
		if (known == null || !isRegistered(known)) {
			throw Setting.of("operation", name)
				.violation("must not be the operation of an annotated method or a filter", "choose another name");
		}
		return known;
	}

	private void requireRoom() {
		if (this.declared.size() >= MAX_OPERATIONS) {
			this.declared.values().removeIf((operation) -> !isRegistered(operation));
		}
		if (this.declared.size() >= MAX_OPERATIONS) {
			throw new IllegalStateException("There are " + MAX_OPERATIONS
					+ " operations already: declare one operation and give it keys instead of names that vary");
		}
	}

	private static void requireInstance(@Nullable Object value, Class<?> type) {
		if (value != null && !boxed(type).isInstance(value)) {
			throw Setting.of("type", type.getTypeName())
				.violation("must be what the result is, a " + value.getClass().getTypeName(),
						"ask with the type that the operation's calls return");
		}
	}

	/**
	 * Makes operations.
	 */
	@FunctionalInterface
	public interface Factory {

		/**
		 * Makes an operation. It does not register it, and may be called for one that
		 * another thread makes too.
		 * @param name its name
		 * @param type what its calls return
		 * @param config its configuration
		 * @return the operation, of that name
		 * @throws IllegalArgumentException when results of the type cannot be stored; the
		 * message says why and what to do
		 */
		IdempotentOperation make(String name, Type type, IdempotencyConfig config);

	}

}
