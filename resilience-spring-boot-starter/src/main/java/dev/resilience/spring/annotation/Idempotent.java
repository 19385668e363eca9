package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs a method once for each key: a repeated call gets the first one's result instead of
 * running again. What is promised, and what is not, stands in the README.
 * <p>
 * Where the store keeps bytes, the result is written as JSON and read into the method's
 * return type. Of a {@code ResponseEntity}, status, body and the headers listed by
 * {@code resilience.idempotency.http.stored-headers} are kept: never {@code Set-Cookie}
 * or {@code Authorization}.
 */
@Documented
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Idempotent {

	/**
	 * What the keys belong to, the same on every instance of the application;
	 * {@code ${...}} placeholders are resolved. By default class, method and parameter
	 * types.
	 * @return the operation's name
	 */
	String operation() default "";

	/**
	 * An expression over the parameters that gives the key, such as
	 * {@code #idempotencyKey}: 1 to 255 characters, chosen by the caller, the same for
	 * the same intent.
	 * @return a SpEL expression
	 */
	String key();

	/**
	 * How long a result is replayed, such as {@code 24h}; {@code ${...}} placeholders are
	 * resolved. By default {@code resilience.idempotency.ttl}.
	 * @return a duration
	 */
	String ttl() default "";

	/**
	 * An expression over the parameters that gives what a repeated call must have in
	 * common with the first, such as {@code #order}; with another value the key is
	 * refused. Empty for no such check.
	 * @return a SpEL expression
	 */
	String fingerprint() default "";

	/**
	 * What becomes of a call whose key was called before without a known outcome:
	 * {@code reject} or {@code rerun}; {@code ${...}} placeholders are resolved. By
	 * default {@code resilience.idempotency.on-abandoned}.
	 * @return one of the two
	 */
	String onAbandoned() default "";

	/**
	 * Methods of the same class that answer when the call fails; see
	 * {@link CircuitProtected#fallback()}. A refusal of the key is only answered by a
	 * fallback that names exactly its exception.
	 * @return the methods' names
	 */
	String[] fallback() default {};

}
