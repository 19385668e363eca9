package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.redis.RedisLink;
import dev.resilience.spring.actuate.IdempotencyEndpoint;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.time.TimeSource;
import io.lettuce.core.RedisClient;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of idempotency.
 */
@AutoConfiguration(after = { ResilienceAutoConfiguration.class, ResilienceRedisAutoConfiguration.class })
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties({ IdempotencyProperties.class, IdempotencyHttpProperties.class, RedisProperties.class })
public final class IdempotencyAutoConfiguration {

	// Nested configurations come before the beans of this class.

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RedisClient.class)
	@ConditionalOnProperty(prefix = IdempotencyProperties.PREFIX, name = "store", havingValue = "redis")
	static class RedisConfiguration {

		@Bean
		@ConditionalOnMissingBean
		IdempotencyStore redisIdempotencyStore(RedisLink link, IdempotencyProperties properties, TimeSource time) {
			return properties.toStore(link, time);
		}

	}

	@Bean
	IdempotencyRedisUse idempotencyRedisUse(Environment environment, ConfigurableListableBeanFactory beans) {
		return new IdempotencyRedisUse(environment, beans, ResilienceRedisAutoConfiguration.LINK,
				ResilienceRedisAutoConfiguration.HEALTH);
	}

	@Bean
	@ConditionalOnMissingBean
	IdempotencyStore idempotencyStore(IdempotencyProperties properties, TimeSource time) {
		return properties.toStore(time);
	}

	@Bean
	@ConditionalOnMissingBean(name = "idempotentOperations")
	PolicyRegistry<IdempotentOperation> idempotentOperations() {
		return new PolicyRegistry<>(IdempotentOperation.TYPE);
	}

	@Bean
	IdempotentOperations idempotentOperationMaker(IdempotencyProperties properties, ConfigurableEnvironment environment,
			PolicyOrigins origins, IdempotencyStore store, TimeSource time, ListableBeanFactory beans) {
		return new IdempotentOperations(properties, environment, origins, store, time, beans);
	}

	@Bean
	ProtectionBinding<Idempotent> idempotentBinding(PolicyRegistry<IdempotentOperation> operations,
			IdempotentOperations maker, PolicyOrigins origins, ListableBeanFactory beans) {
		return new IdempotentBinding(operations, maker, origins, beans);
	}

	@Bean
	@ConditionalOnMissingBean
	Idempotency idempotency(PolicyRegistry<IdempotentOperation> operations, IdempotentOperations maker) {
		return new Idempotency(operations, maker.defaults(), maker);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class JacksonConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ResultCodec.Factory resultCodecs(IdempotencyHttpProperties http) {
			return (operation, type) -> IdempotentJsonCodec.of(operation, type, http.storedHeaders());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		IdempotencyEndpoint idempotencyEndpoint(PolicyRegistry<IdempotentOperation> operations, PolicyOrigins origins) {
			return new IdempotencyEndpoint(operations, origins);
		}

	}

}
