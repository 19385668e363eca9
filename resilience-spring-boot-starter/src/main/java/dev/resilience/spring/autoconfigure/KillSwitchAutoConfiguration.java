package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.spring.actuate.KillSwitchesEndpoint;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.time.TimeSource;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of kill switches.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(KillSwitchProperties.class)
public final class KillSwitchAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	KillSwitches killSwitches(KillSwitchProperties properties, TimeSource time) {
		KillSwitches switches = new KillSwitches(time);
		try {
			properties.declared().forEach(switches::declare);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException("resilience.kill-switches.declared", ex);
		}
		return switches;
	}

	@Bean
	@ConditionalOnMissingBean(name = "killSwitchRegistry")
	PolicyRegistry<KillSwitch> killSwitchRegistry(KillSwitches switches) {
		return switches.registry();
	}

	@Bean
	ProtectionBinding<KillSwitched> killSwitchBinding(KillSwitches switches) {
		return new KillSwitchBinding(switches.registry());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		KillSwitchesEndpoint killSwitchesEndpoint(KillSwitches switches, PolicyOrigins origins) {
			return new KillSwitchesEndpoint(switches, origins);
		}

	}

}
