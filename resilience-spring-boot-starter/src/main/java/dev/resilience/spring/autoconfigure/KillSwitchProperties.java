package dev.resilience.spring.autoconfigure;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Kill switches.
 *
 * @param declared the switches' names, hierarchical by dots; global is always there
 */
@ConfigurationProperties("resilience.kill-switches")
record KillSwitchProperties(@DefaultValue List<String> declared) {
}
