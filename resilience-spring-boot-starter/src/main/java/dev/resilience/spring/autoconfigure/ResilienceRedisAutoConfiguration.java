package dev.resilience.spring.autoconfigure;

import dev.resilience.redis.RedisLink;
import io.lettuce.core.RedisClient;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * Auto-configuration of the connection to Redis, made when a pattern keeps its state
 * there.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnClass(RedisClient.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(RedisProperties.class)
public final class ResilienceRedisAutoConfiguration {

	@Bean
	@Lazy
	@ConditionalOnMissingBean
	RedisLink resilienceRedisLink(RedisProperties properties) {
		return properties.toLink();
	}

}
