package dev.resilience.spring.web;

import java.lang.reflect.UndeclaredThrowableException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

import dev.resilience.CallRejectedException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RequestAttribute;

/**
 * Answers rejections with RFC 9457 problem details, in WebMVC and WebFlux alike. It is
 * the last advice to be asked: any advice of the application that handles
 * {@link CallRejectedException}, or a supertype such as {@link Exception}, wins, as among
 * advices the order decides and not which exception is closer. An application with a
 * handler for all exceptions that wants these answers too extends this class, with an
 * {@code @Order} before its own.
 */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
public class RejectionAdvice {

	// Spring also offers an exception whose cause is a rejection. What an application
	// wraps is its own to answer; only the JDK's wrappers say nothing of their own.

	/**
	 * The request's attribute that hears of the rejection that is answered: a
	 * {@code Consumer<CallRejectedException>}.
	 */
	public static final String WITNESS = "dev.resilience.spring.web.RejectionAdvice.WITNESS";

	@ExceptionHandler(CallRejectedException.class)
	ResponseEntity<ProblemDetail> handle(CallRejectedException rejected, Throwable thrown,
			@RequestAttribute(name = WITNESS, required = false) @Nullable Consumer<CallRejectedException> witness)
			throws Throwable {
		ResponseEntity<ProblemDetail> answer = handle(rejected, thrown);
		if (witness != null) {
			witness.accept(rejected);
		}
		return answer;
	}

	/**
	 * Answers a rejection.
	 * @param rejected the rejection
	 * @param thrown what was thrown: the rejection, or what carries it as a cause
	 * @return status, headers and problem detail
	 * @throws Throwable what was thrown, when the application put an exception of its own
	 * around the rejection
	 */
	public ResponseEntity<ProblemDetail> handle(CallRejectedException rejected, Throwable thrown) throws Throwable {
		if (bare(thrown) != rejected) {
			throw thrown;
		}
		return answer(rejected);
	}

	/**
	 * What was thrown, without the JDK's wrappers.
	 * @param thrown what was thrown
	 * @return the failure itself
	 */
	public static Throwable bare(Throwable thrown) {
		Throwable bare = thrown;
		while (bare.getCause() != null && isWrapper(bare)) {
			bare = bare.getCause();
		}
		return bare;
	}

	private static boolean isWrapper(Throwable thrown) {
		return thrown instanceof CompletionException || thrown instanceof ExecutionException
				|| thrown instanceof UndeclaredThrowableException;
	}

	private static ResponseEntity<ProblemDetail> answer(CallRejectedException rejected) {
		HttpStatus usual = status(rejected.category());
		HttpStatus status = (rejected instanceof RequestRejectedException refused) ? refused.status() : usual;
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, rejected.rejection().explainToCaller());
		problem.setTitle((status == usual) ? title(rejected.category()) : status.getReasonPhrase());
		problem.setProperty("policyType", rejected.policyType());
		problem.setProperty("policy", rejected.policyName());
		problem.setProperty("reason", rejected.reason());
		problem.setProperty("decisionId", rejected.decisionId());
		ResponseEntity.BodyBuilder response = ResponseEntity.status(status)
			.contentType(MediaType.APPLICATION_PROBLEM_JSON);
		Duration retryAfter = rejected.retryAfter();
		if (retryAfter != null) {
			response.header(HttpHeaders.RETRY_AFTER, Long.toString(wholeSeconds(retryAfter)));
		}
		return response.body(problem);
	}

	private static long wholeSeconds(Duration duration) {
		return duration.isNegative() ? 0 : duration.plusNanos(999_999_999).toSeconds();
	}

	private static HttpStatus status(CallRejectedException.Category category) {
		return switch (category) {
			case UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
			case LIMITED -> HttpStatus.TOO_MANY_REQUESTS;
			case TIMED_OUT -> HttpStatus.GATEWAY_TIMEOUT;
			case CONFLICT -> HttpStatus.CONFLICT;
			case MISMATCH -> HttpStatus.UNPROCESSABLE_CONTENT;
			case INVALID -> HttpStatus.BAD_REQUEST;
		};
	}

	private static String title(CallRejectedException.Category category) {
		return switch (category) {
			case UNAVAILABLE -> "Temporarily unavailable";
			case LIMITED -> "Too many requests";
			case TIMED_OUT -> "Timed out";
			case CONFLICT -> "Conflict";
			case MISMATCH -> "Key already used for another request";
			case INVALID -> "Invalid request";
		};
	}

}
