package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.annotation.Resilient;
import dev.resilience.spring.aop.BoundPolicy;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectedMethod;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.autoconfigure.Pipelines.Member;

import org.springframework.core.annotation.MergedAnnotation;

/**
 * Binds {@link Resilient}. Annotations of types that the pipeline does not have keep
 * their places around it or inside it.
 */
final class PipelineBinding implements ProtectionBinding<Resilient> {

	/** Inside what must not be repeated, and outside all that a repetition passes. */
	private static final int ORDER = 350;

	private final Pipelines pipelines;

	PipelineBinding(Pipelines pipelines) {
		this.pipelines = pipelines;
	}

	@Override
	public Class<Resilient> annotationType() {
		return Resilient.class;
	}

	@Override
	public int order() {
		return ORDER;
	}

	@Override
	public List<BoundPolicy> bind(MergedAnnotation<Resilient> annotation, ProtectedMethod method) {
		String name = method.required(Resilient.class, MergedAnnotation.VALUE,
				annotation.getString(MergedAnnotation.VALUE));
		if (!this.pipelines.names().contains(name)) {
			List<String> nearest = PolicyRegistry.nearest(name, this.pipelines.names());
			throw method.invalid(
					"@Resilient names an unknown pipeline. There is none named '" + name + "'. "
							+ (nearest.isEmpty() ? "None is configured."
									: "Nearest: " + String.join(", ", nearest) + "."),
					"Correct the name, or list its policies under resilience.pipelines." + name + ".", null);
		}
		String key = annotation.getString("key");
		List<Member> members = this.pipelines.members(name);
		if (!key.isEmpty() && members.stream().map(Member::policy).noneMatch(NamedPolicyBinding::takesKeys)) {
			throw method.invalid(
					"@Resilient(key) is '" + key + "' but no policy of the pipeline '" + name + "' takes keys",
					"Remove the key, or list a policy that takes keys.", null);
		}
		return members.stream().map((member) -> {
			String own = NamedPolicyBinding.takesKeys(member.policy()) ? key : "";
			return member.binding().bind(Resilient.class, member.policy().name(), own, method);
		}).toList();
	}

}
