package dev.resilience.spring.web;

import java.time.Duration;

import dev.resilience.CallRejectedException;

import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

/**
 * Answers rejections with RFC 9457 problem details, in WebMVC and WebFlux alike. An
 * application's own advice for {@link CallRejectedException} wins if it is ordered before
 * {@value #ORDER}.
 */
@ControllerAdvice
@Order(RejectionAdvice.ORDER)
public class RejectionAdvice {

	/**
	 * Where the advice stands: just before Boot's own for problem details.
	 */
	public static final int ORDER = -1;

	/**
	 * Answers a rejection.
	 * @param rejected the rejection
	 * @return status, headers and problem detail
	 */
	@ExceptionHandler
	public ResponseEntity<ProblemDetail> handle(CallRejectedException rejected) {
		HttpStatus status = status(rejected.category());
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, rejected.rejection().explainToCaller());
		problem.setTitle(title(rejected.category()));
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
