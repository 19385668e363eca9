package dev.resilience.spring.actuate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

import dev.resilience.PolicyRegistry.UnknownPolicyException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * Answers wrong requests to our endpoints with reasons: 404 for an unknown name, naming
 * the nearest, 400 for everything else, a field that no operation knows included. The
 * actuator alone would drop such a field and keep its reasons to itself.
 */
public final class EndpointProblems implements OperationInvokerAdvisor {

	private final Supplier<Set<EndpointId>> ours;

	/**
	 * Creates the advisor.
	 * @param ours tells which endpoints to advise
	 */
	public EndpointProblems(Supplier<Set<EndpointId>> ours) {
		this.ours = ours;
	}

	@Override
	public OperationInvoker apply(EndpointId endpointId, OperationType operationType, OperationParameters parameters,
			OperationInvoker invoker) {
		if (!this.ours.get().contains(endpointId)) {
			return invoker;
		}
		List<String> names = new ArrayList<>();
		parameters.forEach((parameter) -> names.add(parameter.getName()));
		return (context) -> invoke(context, (operationType == OperationType.WRITE) ? names : null, invoker);
	}

	private static @Nullable Object invoke(InvocationContext context, @Nullable List<String> known,
			OperationInvoker invoker) {
		try {
			if (known != null) {
				refuseUnknownFields(context, known);
			}
			return invoker.invoke(context);
		}
		catch (UnknownPolicyException ex) {
			return problem(WebEndpointResponse.STATUS_NOT_FOUND, "Not Found", ex.getMessage(),
					Map.of("nearest", ex.nearest()));
		}
		catch (InvalidEndpointRequestException ex) {
			return problem(WebEndpointResponse.STATUS_BAD_REQUEST, "Bad Request", ex.getReason(), Map.of());
		}
		catch (IllegalArgumentException ex) {
			return problem(WebEndpointResponse.STATUS_BAD_REQUEST, "Bad Request", ex.getMessage(), Map.of());
		}
	}

	private static void refuseUnknownFields(InvocationContext context, List<String> known) {
		Set<String> unknown = new TreeSet<>(context.getArguments().keySet());
		unknown.removeAll(known);
		if (!unknown.isEmpty()) {
			throw new IllegalArgumentException("Unknown fields " + unknown + ": there are " + known);
		}
	}

	private static WebEndpointResponse<Map<String, Object>> problem(int status, String title, @Nullable String detail,
			Map<String, Object> more) {
		Map<String, Object> body = new LinkedHashMap<>();
		body.put("title", title);
		body.put("status", status);
		body.put("detail", detail);
		body.putAll(more);
		return new WebEndpointResponse<>(body, status);
	}

}
