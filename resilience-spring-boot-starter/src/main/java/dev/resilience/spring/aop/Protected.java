package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.Arrays;

import dev.resilience.spring.annotation.Protection;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotations;

/**
 * Whether a class has anything to do with protection at all: a first look, kept for each
 * class, that spares the thousands of others a search of their methods.
 */
final class Protected {

	private static final ClassValue<Boolean> PROTECTING = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> annotationType) {
			return MergedAnnotations.from(annotationType).isPresent(Protection.class);
		}

	};

	private static final ClassValue<Boolean> MARKED = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			return look(type);
		}

	};

	private Protected() {
	}

	/**
	 * Whether a class, one of its methods, or what it inherits carries an annotation that
	 * protects.
	 */
	static boolean isMarked(@Nullable Class<?> type) {
		return type != null && type != Object.class && MARKED.get(type);
	}

	private static boolean look(Class<?> type) {
		try {
			return protects(type) || Arrays.stream(type.getDeclaredMethods()).anyMatch(Protected::protects)
					|| isMarked(type.getSuperclass())
					|| Arrays.stream(type.getInterfaces()).anyMatch(Protected::isMarked);
		}
		catch (LinkageError | TypeNotPresentException ex) {
			// Spring has classes for libraries that are not there; of the user's, the
			// search of the methods tells what is missing.
			return !type.getName().startsWith("org.springframework.");
		}
	}

	private static boolean protects(AnnotatedElement element) {
		for (Annotation annotation : element.getDeclaredAnnotations()) {
			if (PROTECTING.get(annotation.annotationType())) {
				return true;
			}
		}
		return false;
	}

}
