package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.env.PropertyResolver;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The settings that annotations give inline, found by the beans' definitions before any
 * policy is made, so that a policy does not depend on which bean comes first.
 */
public final class InlineSettings {

	private final ConfigurableListableBeanFactory beans;

	private final PropertyResolver properties;

	/**
	 * Creates the finder.
	 * @param beans where to look for annotations
	 * @param properties resolves placeholders
	 */
	public InlineSettings(ConfigurableListableBeanFactory beans, PropertyResolver properties) {
		this.beans = beans;
		this.properties = properties;
	}

	/**
	 * Finds the settings that an annotation gives in its attribute {@code config}.
	 * @param annotationType the annotation, which names a policy in {@code value}
	 * @return by policy, its settings
	 * @throws InvalidProtectionException when a setting has no value, or two places give
	 * a policy different settings
	 */
	public Map<String, List<String>> of(Class<? extends Annotation> annotationType) {
		Map<String, List<String>> found = new TreeMap<>();
		for (String name : this.beans.getBeanDefinitionNames()) {
			Class<?> type = this.beans.getType(name, false);
			if (type != null && Protected.isMarked(type)) {
				Class<?> userClass = ClassUtils.getUserClass(type);
				elements(userClass).forEach((element) -> collect(element, annotationType, found));
			}
		}
		return found;
	}

	private void collect(AnnotatedElement element, Class<? extends Annotation> annotationType,
			Map<String, List<String>> found) {
		MergedAnnotation<?> annotation = MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY)
			.get(annotationType);
		String[] config = annotation.isPresent() ? annotation.getStringArray("config") : new String[0];
		if (config.length == 0) {
			return;
		}
		String policy = resolve(element, annotation.getString(MergedAnnotation.VALUE));
		List<String> settings = Arrays.stream(config).map((setting) -> setting(element, setting)).sorted().toList();
		requireOnce(element, settings);
		List<String> earlier = found.putIfAbsent(policy, settings);
		if (earlier != null && !earlier.equals(settings)) {
			throw new InvalidProtectionException(element,
					"@" + annotationType.getSimpleName() + "(\"" + policy + "\") gives the settings " + settings
							+ ", but another place gives " + earlier,
					"Give them once, or in the application's configuration.", null);
		}
	}

	private static void requireOnce(AnnotatedElement element, List<String> settings) {
		Set<String> names = new HashSet<>();
		for (String setting : settings) {
			String name = setting.substring(0, setting.indexOf('=')).trim();
			if (!names.add(name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT))) {
				throw new InvalidProtectionException(element, "'config' gives '" + name + "' twice: " + settings,
						"Keep one of the two.", null);
			}
		}
	}

	private String setting(AnnotatedElement element, String text) {
		String setting = resolve(element, text);
		if (setting.strip().indexOf('=') < 1) {
			throw new InvalidProtectionException(element,
					"the setting '" + setting + "' in 'config' must have the form property=value", "Give it a value.",
					null);
		}
		return setting;
	}

	private String resolve(AnnotatedElement element, String text) {
		try {
			return this.properties.resolveRequiredPlaceholders(text);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidProtectionException(element, "'" + text + "' cannot be resolved: " + ex.getMessage(),
					"Set the property, or give a default: ${name:default}.", ex);
		}
	}

	private static List<AnnotatedElement> elements(Class<?> type) {
		List<AnnotatedElement> elements = new ArrayList<>();
		elements.add(type);
		ReflectionUtils.doWithMethods(type, elements::add,
				(method) -> method.getDeclaringClass() != Object.class && !method.isSynthetic());
		return elements;
	}

}
