package dev.resilience.spring.actuate.problem;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import dev.resilience.CallRejectedException;
import dev.resilience.PolicyRegistry.UnknownPolicyException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/**
 * Answers wrong requests to our endpoints with reasons: 404 for an unknown name, naming
 * the nearest, and for what else is not there, 400 for an order that is refused, a field
 * that no operation knows included. The actuator alone would drop such a field and keep
 * its reasons to itself. Whatever else goes wrong is ours, and left to be an HTTP 500.
 */
public final class EndpointProblems implements OperationInvokerAdvisor {

	// The actuator merges path, body and query into one map, the later ones winning, so
	// that a body could name another policy than the path that was authorised. All our
	// selectors match all remaining segments: what comes from the path is an array then,
	// and anything else did not come from there.

	private static final MimeType PROBLEM_JSON = new MimeType("application", "problem+json");

	private static final int MAX_SHOWN = 200;

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
		Set<String> selectors = new LinkedHashSet<>();
		Set<String> fields = new LinkedHashSet<>();
		parameters.forEach((parameter) -> {
			if (parameter.getAnnotation(Selector.class) != null) {
				selectors.add(parameter.getName());
			}
			else if (BeanUtils.isSimpleValueType(parameter.getType())) {
				fields.add(parameter.getName());
			}
		});
		// An operation that takes nothing refuses whatever comes.
		boolean write = operationType == OperationType.WRITE && !(selectors.isEmpty() && fields.isEmpty());
		return (context) -> invoke(context, selectors, write ? fields : null, invoker);
	}

	private static @Nullable Object invoke(InvocationContext context, Set<String> selectors,
			@Nullable Set<String> fields, OperationInvoker invoker) {
		try {
			refuseOverridden(context.getArguments(), selectors);
			if (fields != null) {
				refuseUnknown(context.getArguments(), selectors, fields);
			}
			return invoker.invoke(context);
		}
		catch (UnknownPolicyException ex) {
			return problem(WebEndpointResponse.STATUS_NOT_FOUND, "Not Found", ex.getMessage(),
					Map.of("nearest", ex.nearest()));
		}
		catch (AbsentException ex) {
			return problem(WebEndpointResponse.STATUS_NOT_FOUND, "Not Found", ex.getMessage(), Map.of());
		}
		catch (InvalidEndpointRequestException ex) {
			return badRequest(ex.getReason());
		}
		catch (CallRejectedException ex) {
			return (ex.category() == CallRejectedException.Category.INVALID) ? badRequest(ex.getMessage()) : problem(
					WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE, "Service Unavailable", ex.getMessage(), Map.of());
		}
	}

	private static void refuseOverridden(Map<String, Object> arguments, Set<String> selectors) {
		for (String selector : selectors) {
			if (!(arguments.get(selector) instanceof String[])) {
				throw refused("'" + selector + "' is given by the path: leave it out of body and query");
			}
		}
	}

	private static void refuseUnknown(Map<String, Object> arguments, Set<String> selectors, Set<String> fields) {
		arguments.forEach((name, value) -> {
			if (!selectors.contains(name) && !fields.contains(name)) {
				throw refused("There is no field '" + shorten(name) + "': there are " + fields);
			}
			// In JSON, null is no way to leave a field out: who wrote it may have meant a
			// key that was lost on the way, and would get what holds for all.
			if (value == null) {
				throw refused("'" + name + "' is null: give it a text, or leave it out");
			}
		});
	}

	private static WebEndpointResponse<Map<String, Object>> badRequest(@Nullable String detail) {
		return problem(WebEndpointResponse.STATUS_BAD_REQUEST, "Bad Request", detail, Map.of());
	}

	private static WebEndpointResponse<Map<String, Object>> problem(int status, String title, @Nullable String detail,
			Map<String, Object> more) {
		Map<String, Object> body = new LinkedHashMap<>();
		body.put("title", title);
		body.put("status", status);
		body.put("detail", detail);
		body.putAll(more);
		return new WebEndpointResponse<>(body, status, PROBLEM_JSON);
	}

	private static InvalidEndpointRequestException refused(String reason) {
		return new InvalidEndpointRequestException(reason, reason);
	}

	/**
	 * Shortens what a caller sent, to be shown to him.
	 * @param text the text
	 * @return its beginning
	 */
	public static String shorten(String text) {
		return (text.length() <= MAX_SHOWN) ? text : text.substring(0, MAX_SHOWN) + "...";
	}

}
