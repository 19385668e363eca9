package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;

import dev.resilience.redis.RedisLink;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The connection to Redis that all policies share. What is set here goes before Spring
 * Boot's own settings of Redis.
 *
 * @param url where the server or its sentinels are, with credentials
 * @param nodes where nodes of a cluster are, instead of a url
 * @param commandTimeout how long a command may take
 */
@ConfigurationProperties(RedisProperties.PREFIX)
record RedisProperties(@Nullable String url, @DefaultValue List<String> nodes,
		@DefaultValue("1s") Duration commandTimeout) {

	static final String PREFIX = "resilience.redis";

	/**
	 * Whether it says where Redis is. Otherwise somebody else has to.
	 */
	boolean saysWhere() {
		return this.url != null || !this.nodes.isEmpty();
	}

	RedisLink toLink() {
		if (!saysWhere()) {
			throw new InvalidPolicyException(PREFIX, new IllegalArgumentException("there is neither 'url' nor 'nodes'"),
					"Set resilience.redis.url for one server, or resilience.redis.nodes for a cluster,"
							+ " or add spring-boot-data-redis and describe Redis by spring.data.redis.");
		}
		try {
			if (this.url == null) {
				return RedisLink.toCluster(this.nodes, this.commandTimeout);
			}
			if (this.nodes.isEmpty()) {
				return RedisLink.to(this.url, this.commandTimeout);
			}
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(PREFIX, ex);
		}
		throw new InvalidPolicyException(PREFIX, new IllegalArgumentException("there are both 'url' and 'nodes'"),
				"Set resilience.redis.url for one server, or resilience.redis.nodes for a cluster.");
	}

	/**
	 * Hides where it is: there may be a password in it.
	 */
	@Override
	public String toString() {
		return "RedisProperties[...]";
	}

}
