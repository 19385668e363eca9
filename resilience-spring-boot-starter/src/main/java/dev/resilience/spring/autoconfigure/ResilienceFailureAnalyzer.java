package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry.UnknownPolicyException;
import dev.resilience.spring.aop.InvalidProtectionException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/**
 * Tells what is wrong with an annotation or a policy, and how to mend it, instead of a
 * stack trace.
 */
class ResilienceFailureAnalyzer implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		Throwable current = failure;
		for (int depth = 0; current != null && depth < 50; depth++) {
			if (current instanceof InvalidProtectionException ex) {
				return new FailureAnalysis(String.valueOf(ex.getMessage()), ex.remedy(), ex);
			}
			if (current instanceof InvalidPolicyException ex) {
				return new FailureAnalysis(String.valueOf(ex.getMessage()), ex.remedy(), ex);
			}
			if (current instanceof UnknownPolicyException ex) {
				return new FailureAnalysis(String.valueOf(ex.getMessage()),
						"Correct the name, or configure the policy.", ex);
			}
			current = current.getCause();
		}
		return null;
	}

}
