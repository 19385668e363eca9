package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.util.List;

import org.springframework.core.annotation.MergedAnnotation;

/**
 * What a pattern tells the interceptor about its annotation: where it stands among the
 * others, and which policies it means. A bean of each pattern. Called at start-up only.
 *
 * @param <A> the annotation, which carries
 * {@link dev.resilience.spring.annotation.Protection @Protection}
 */
public interface ProtectionBinding<A extends Annotation> {

	/**
	 * The annotation.
	 * @return its type
	 */
	Class<A> annotationType();

	/**
	 * Where the pattern's policies stand around a call; lower is further out.
	 * @return the order
	 */
	int order();

	/**
	 * Finds the policies that an annotation means.
	 * @param annotation the annotation of the method, or else of its class
	 * @param method the method
	 * @return the policies, outermost first, and how they read a call
	 * @throws InvalidProtectionException when the annotation means none
	 */
	List<BoundPolicy> bind(MergedAnnotation<A> annotation, ProtectedMethod method);

	/**
	 * Policies that stand around every protected method that does not carry this
	 * annotation.
	 * @param method the method
	 * @return the policies; none by default
	 */
	default List<BoundPolicy> bindUnannotated(ProtectedMethod method) {
		return List.of();
	}

}
