package dev.resilience.spring.autoconfigure;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.retry.Retry;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.aop.BoundPolicy;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectedMethod;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/**
 * Binds {@link Retrying}, and warns of methods that somebody else makes again too: each
 * of our tries would be as many of theirs.
 */
final class RetryBinding extends NamedPolicyBinding<Retrying> {

	private static final Logger LOGGER = LoggerFactory.getLogger(Retry.class);

	private static final List<String> OTHERS = List.of("org.springframework.resilience.annotation.Retryable",
			"org.springframework.retry.annotation.Retryable", "io.github.resilience4j.retry.annotation.Retry");

	RetryBinding(PolicyRegistry<Retry> retries) {
		super(Retrying.class, 400, retries);
	}

	@Override
	public BoundPolicy bind(Class<? extends Annotation> namedBy, String name, String key, ProtectedMethod method) {
		BoundPolicy bound = super.bind(namedBy, name, key, method);
		if (bound.policy().mayRepeat()) {
			OTHERS.stream()
				.filter((other) -> carries(method.method(), other) || carries(method.targetClass(), other))
				.forEach((other) -> LOGGER.warn(
						"{} is made again by {}, and also by @{}: each try of the one is several of the other, and no"
								+ " budget holds for them. Remove one of the two.",
						method.qualifiedName(), bound.policy(), other));
		}
		return bound;
	}

	private static boolean carries(AnnotatedElement element, String annotation) {
		return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
	}

}
