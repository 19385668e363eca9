package dev.resilience.spring.autoconfigure;

import dev.resilience.redis.RedisLink;
import dev.resilience.spring.actuate.RedisHealthIndicator;
import io.lettuce.core.RedisClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * Auto-configuration of the connection to Redis, made when a pattern keeps its state
 * there.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class,
		afterName = "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration")
@ConditionalOnClass(RedisClient.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(RedisProperties.class)
public final class ResilienceRedisAutoConfiguration {

	static final String LINK = "resilienceRedisLink";

	static final String HEALTH = "resilienceRedisHealthIndicator";

	// Nested configurations come before the beans of this class.

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataRedisConnectionDetails.class)
	@ConditionalOnBean(DataRedisConnectionDetails.class)
	static class DataRedisConfiguration {

		@Bean(LINK)
		@Lazy
		@ConditionalOnMissingBean
		RedisLink resilienceRedisLink(RedisProperties properties, ObjectProvider<DataRedisConnectionDetails> details,
				ObjectProvider<DataRedisProperties> settings) {
			if (properties.saysWhere()) {
				return properties.toLink();
			}
			DataRedisProperties known = settings.getIfAvailable();
			return DataRedisLinks.link(details.getObject(), (known != null) ? known.getUrl() : null,
					properties.commandTimeout());
		}

	}

	@Bean(LINK)
	@Lazy
	@ConditionalOnMissingBean
	RedisLink resilienceRedisLink(RedisProperties properties) {
		return properties.toLink();
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnProperty(prefix = IdempotencyProperties.PREFIX, name = "store", havingValue = "redis")
	static class HealthConfiguration {

		@Bean(HEALTH)
		@ConditionalOnEnabledHealthIndicator("resilience-redis")
		@ConditionalOnMissingBean(name = HEALTH)
		RedisHealthIndicator resilienceRedisHealthIndicator(RedisLink link) {
			return new RedisHealthIndicator(link);
		}

	}

}
