package dev.resilience.spring.web.idempotency;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.CallContext;
import dev.resilience.async.ContextCarrier.Carried;
import dev.resilience.idempotency.IdempotencyContext;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.DispatcherServlet;

/**
 * One servlet request with a key, from its claim to its response.
 */
final class IdempotencyServletExchange {

	// The request's thread waits for the claim and then runs the chain itself: whatever
	// hangs on that thread stays where it is. To the operation the request is an
	// asynchronous call, whose end this class tells it: after the chain, or, when the
	// handler went on asynchronously, at the end of the dispatch that writes the
	// response, or when the application completes the asynchronous processing by
	// itself. If nothing of it comes about, after a timeout that the container answered
	// say, the container reports the completion, and nobody knows whether the request
	// took effect.
	//
	// The end is told first, so that the response is stored, and only then is it sent:
	// a client that has gone away takes no result with it.

	private final HttpIdempotency idempotency;

	private final CallContext context;

	private final IdempotencyServletRequest request;

	private final IdempotencyServletResponse response;

	private final CompletableFuture<@Nullable Carried> claim = new CompletableFuture<>();

	private final CompletableFuture<StoredResponse> end = new CompletableFuture<>();

	private final AtomicBoolean ended = new AtomicBoolean();

	private @Nullable CompletableFuture<StoredResponse> outcome;

	private volatile boolean async;

	IdempotencyServletExchange(HttpIdempotency idempotency, CallContext context, IdempotencyServletRequest request,
			IdempotencyServletResponse response) {
		this.idempotency = idempotency;
		this.context = context;
		this.request = request;
		this.response = response;
	}

	/**
	 * Asks for the right to run.
	 * @return whether it is granted; otherwise the request has its response
	 */
	boolean claim() throws IOException, ServletException {
		CompletableFuture<StoredResponse> result = this.idempotency.call(this.context, this::granted);
		this.outcome = result;
		((CompletionStage<StoredResponse>) result).whenComplete((response, failure) -> this.claim.complete(null));
		if (awaitClaim(result) != null) {
			return true;
		}
		this.response.replay(response(result));
		return false;
	}

	private CompletableFuture<StoredResponse> granted() {
		if (!this.claim.complete(new IdempotencyContext.Carrier().capture())) {
			throw new IllegalStateException("The request gave up before it ran");
		}
		return this.end;
	}

	private @Nullable Carried awaitClaim(CompletableFuture<StoredResponse> result) throws ServletException {
		try {
			return this.claim.get();
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("A claim never fails by itself", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			if (this.claim.complete(null)) {
				result.cancel(true);
				throw new ServletException("Interrupted while waiting for another request with the same key", ex);
			}
			return this.claim.join();
		}
	}

	private StoredResponse response(CompletableFuture<StoredResponse> result) throws IOException, ServletException {
		StoredResponse stored = null;
		Throwable failure = null;
		try {
			stored = result.join();
		}
		catch (CompletionException | CancellationException ex) {
			failure = ex;
		}
		try {
			return this.idempotency.outcome(stored, failure);
		}
		catch (Throwable ex) {
			throw rethrow(ex);
		}
	}

	/**
	 * Runs the request, once the claim is granted.
	 */
	void run(FilterChain chain) throws IOException, ServletException {
		this.request.onAsync(this::startAsync);
		proceed(this.request, this.response, chain);
	}

	/**
	 * Goes on with a request whose handler went on asynchronously.
	 */
	void resume(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		this.async = false;
		proceed(request, response, chain);
	}

	private void proceed(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		Throwable thrown = pass(request, response, chain);
		if (thrown != null) {
			threw(thrown);
			throw rethrow(thrown);
		}
		if (!this.async && !request.isAsyncStarted()) {
			answered();
		}
	}

	private @Nullable Throwable pass(ServletRequest request, ServletResponse response, FilterChain chain) {
		CompletableFuture<@Nullable Throwable> thrown = new CompletableFuture<>();
		Carried carried = this.claim.join();
		((carried != null) ? carried : Carried.NOTHING).run(() -> {
			try {
				chain.doFilter(request, response);
				thrown.complete(null);
			}
			catch (Throwable ex) {
				thrown.complete(ex);
			}
		});
		return thrown.join();
	}

	private AsyncContext startAsync(ServletRequest request, @Nullable ServletResponse response) {
		AsyncContext container = this.request.getRequest()
			.startAsync(request, (response != null) ? response : this.response);
		this.async = true;
		return new IdempotencyAsyncContext(container, this::answered, this::abandoned);
	}

	/**
	 * The response is complete: has it stored, then sends it.
	 */
	private void answered() throws IOException {
		if (!this.ended.compareAndSet(false, true)) {
			return;
		}
		Object handled = this.request.getAttribute(DispatcherServlet.EXCEPTION_ATTRIBUTE);
		HttpIdempotency.answered(this.end, this.response::toStored,
				(handled instanceof Throwable thrown) ? thrown : null);
		settle();
		this.response.deliver();
	}

	private void threw(Throwable thrown) {
		if (this.ended.compareAndSet(false, true)) {
			HttpIdempotency.threw(this.end, bare(thrown));
			settle();
		}
	}

	private void abandoned() {
		threw(new IllegalStateException("The asynchronous request was completed without a response"));
	}

	/**
	 * Waits until the store knows. An interrupted thread does not: the store goes on.
	 */
	private void settle() {
		try {
			if (this.outcome != null) {
				this.outcome.get();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException ex) {
			// This request has its own response; the failure is for those who wait.
		}
	}

	private static Throwable bare(Throwable thrown) {
		Throwable bare = thrown;
		while (bare instanceof ServletException && bare.getCause() != null) {
			bare = bare.getCause();
		}
		return bare;
	}

	private static ServletException rethrow(Throwable thrown) throws IOException, ServletException {
		if (thrown instanceof IOException failure) {
			throw failure;
		}
		if (thrown instanceof RuntimeException failure) {
			throw failure;
		}
		if (thrown instanceof Error error) {
			throw error;
		}
		return (thrown instanceof ServletException failure) ? failure : new ServletException(thrown);
	}

}
