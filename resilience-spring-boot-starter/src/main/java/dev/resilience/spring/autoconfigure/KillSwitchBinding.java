package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.aop.BoundPolicy;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectedMethod;

/**
 * Binds {@link KillSwitched}, and puts every other protected method under the switch
 * {@value KillSwitches#GLOBAL}.
 */
final class KillSwitchBinding extends NamedPolicyBinding<KillSwitched> {

	private final BoundPolicy global;

	KillSwitchBinding(PolicyRegistry<KillSwitch> registry) {
		super(KillSwitched.class, 100, registry);
		this.global = BoundPolicy.of(registry.get(KillSwitches.GLOBAL));
	}

	@Override
	public List<BoundPolicy> bindUnannotated(ProtectedMethod method) {
		return List.of(this.global);
	}

}
