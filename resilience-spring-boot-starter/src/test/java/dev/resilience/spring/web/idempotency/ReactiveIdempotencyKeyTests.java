package dev.resilience.spring.web.idempotency;

import java.security.Principal;

import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/**
 * The contract of requests with a key in WebFlux.
 */
class ReactiveIdempotencyKeyTests extends IdempotencyKeyContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.REACTIVE;
	}

	@Override
	Class<?> application() {
		return ReactiveApplication.class;
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Application.class)
	static class ReactiveApplication {

		@Bean
		@Order(-100)
		WebFilter users() {
			return (exchange, chain) -> {
				String user = exchange.getRequest().getHeaders().getFirst("X-User");
				Mono<Principal> principal = (user != null) ? Mono.just(new User(user)) : Mono.empty();
				return chain.filter(exchange.mutate().principal(principal).build());
			};
		}

	}

}
