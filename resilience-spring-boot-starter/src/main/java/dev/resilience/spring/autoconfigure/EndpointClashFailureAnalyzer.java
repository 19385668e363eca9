package dev.resilience.spring.autoconfigure;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.resilience.spring.actuate.PolicyEndpoint;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Tells how to go on when another library has an endpoint of the same id as one of ours.
 */
class EndpointClashFailureAnalyzer extends AbstractFailureAnalyzer<IllegalStateException> {

	private static final Pattern CLASH = Pattern
		.compile("Found two endpoints with the id '([^']+)': '([^']+)' and '([^']+)'");

	private final BeanFactory beans;

	EndpointClashFailureAnalyzer(BeanFactory beans) {
		this.beans = beans;
	}

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, IllegalStateException cause) {
		Matcher clash = CLASH.matcher(String.valueOf(cause.getMessage()));
		if (!clash.find() || !(isOurs(clash.group(2)) || isOurs(clash.group(3)))) {
			return null;
		}
		return new FailureAnalysis(
				"Two libraries have an endpoint with the id '" + clash.group(1) + "': the beans '" + clash.group(2)
						+ "' and '" + clash.group(3) + "'.",
				"Remove the other library (Resilience4j's endpoints have the same ids), exclude its endpoint's"
						+ " auto-configuration, or switch ours off: resilience.endpoints.enabled=false",
				cause);
	}

	private boolean isOurs(String bean) {
		return this.beans.containsBean(bean) && this.beans.isTypeMatch(bean, PolicyEndpoint.class);
	}

}
