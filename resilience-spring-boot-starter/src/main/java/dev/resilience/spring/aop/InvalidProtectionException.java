package dev.resilience.spring.aop;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

/**
 * A method or class is annotated in a way that cannot work. Thrown at start-up.
 */
public class InvalidProtectionException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String remedy;

	/**
	 * An annotation cannot work.
	 * @param element the method or class that carries it
	 * @param problem what is wrong with it
	 * @param remedy how to mend it
	 * @param cause what told so
	 */
	public InvalidProtectionException(AnnotatedElement element, String problem, String remedy,
			@Nullable Throwable cause) {
		super(describe(element) + ": " + problem, cause);
		this.remedy = remedy;
	}

	/**
	 * A bean has protected methods, and no proxy.
	 * @param beanName the bean
	 * @param targetClass its class
	 */
	public InvalidProtectionException(String beanName, Class<?> targetClass) {
		super("The bean '" + beanName + "' of " + targetClass.getName()
				+ " has protected methods but no proxy: it was created before proxies could be");
		this.remedy = "Do not make it, nor what needs it, part of a BeanPostProcessor or an advisor,"
				+ " and do not register it as a ready-made singleton.";
	}

	/**
	 * How to mend it.
	 * @return the remedy
	 */
	public String remedy() {
		return this.remedy;
	}

	private static String describe(AnnotatedElement element) {
		if (!(element instanceof Method method)) {
			return (element instanceof Class<?> type) ? type.getName() : element.toString();
		}
		StringBuilder text = new StringBuilder(method.getDeclaringClass().getName()).append('.')
			.append(method.getName())
			.append('(');
		for (int index = 0; index < method.getParameterCount(); index++) {
			text.append((index > 0) ? ", " : "").append(method.getParameterTypes()[index].getSimpleName());
		}
		return text.append(')').toString();
	}

}
