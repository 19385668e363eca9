package dev.resilience.spring.web.idempotency;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.spring.web.RejectionAdvice;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import org.springframework.web.server.WebFilterChain;

/**
 * One WebFlux request with a key, from its claim to its response.
 */
final class IdempotencyWebExchange extends ServerWebExchangeDecorator {

	// The chain is subscribed to by itself. A client that goes away cancels what writes
	// the response to it, and no more: the handler goes on, as it does in a servlet, its
	// response is stored, and the client that asks again gets it. Only a response that is
	// passed on while it is made ends with its client, and then nobody knows how far the
	// handler came. The body was read before, and the response is held back, so the
	// handler needs no connection.

	private final HttpIdempotency idempotency;

	private final CallContext context;

	private final IdempotencyWebRequest request;

	private final IdempotencyWebResponse response;

	private final CompletableFuture<StoredResponse> end = new CompletableFuture<>();

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);

	private final AtomicBoolean ended = new AtomicBoolean();

	private final AtomicReference<@Nullable CallRejectedException> handled = new AtomicReference<>();

	private final Disposable.Swap running = Disposables.swap();

	private volatile @Nullable Throwable thrown;

	IdempotencyWebExchange(ServerWebExchange exchange, HttpIdempotency idempotency, CallContext context,
			IdempotencyWebRequest request, IdempotencyWebResponse response) {
		super(exchange);
		this.idempotency = idempotency;
		this.context = context;
		this.request = request;
		this.response = response;
	}

	@Override
	public ServerHttpRequest getRequest() {
		return this.request;
	}

	@Override
	public ServerHttpResponse getResponse() {
		return this.response;
	}

	/**
	 * Runs the request, or replays its response.
	 * @param rejection answers a rejection
	 */
	Mono<Void> run(WebFilterChain chain, ContextView context, Function<CallRejectedException, Mono<Void>> rejection) {
		CompletableFuture<StoredResponse> result = this.idempotency.call(this.context, () -> granted(chain, context));
		CompletionStage<Mono<Void>> next = result.handle((stored, failure) -> next(stored, failure, rejection));
		return Mono.fromCompletionStage(() -> next).flatMap((write) -> write).doOnCancel(() -> clientLeft(result));
	}

	private CompletableFuture<StoredResponse> granted(WebFilterChain chain, ContextView context) {
		if (!this.phase.compareAndSet(Phase.WAITING, Phase.RUNNING)) {
			throw new IllegalStateException("The client left before the request ran");
		}
		Consumer<CallRejectedException> witness = this.handled::set;
		getAttributes().put(RejectionAdvice.WITNESS, witness);
		this.running.update(Mono.defer(() -> chain.filter(this))
			.contextWrite(context)
			.subscribe(null, this::threw, this::answered));
		return this.end;
	}

	private void answered() {
		if (this.ended.compareAndSet(false, true)) {
			HttpIdempotency.answered(this.end, this.response::toStored, this.handled.get());
		}
	}

	private void threw(Throwable failure) {
		if (!this.ended.compareAndSet(false, true)) {
			return;
		}
		this.thrown = failure;
		int status = status(failure);
		if (status != 0 && !this.response.isPassing()) {
			HttpIdempotency.answered(this.end, () -> StoredResponse.ofErrorPage(status), failure);
		}
		else {
			HttpIdempotency.threw(this.end, failure);
		}
	}

	/**
	 * The status that an exception asks for, or 0.
	 */
	private static int status(Throwable failure) {
		if (failure instanceof ErrorResponse response) {
			return response.getStatusCode().value();
		}
		MergedAnnotation<ResponseStatus> annotation = MergedAnnotations
			.from(failure.getClass(), SearchStrategy.TYPE_HIERARCHY)
			.get(ResponseStatus.class);
		return annotation.isPresent() ? annotation.getEnum("code", HttpStatus.class).value() : 0;
	}

	private Mono<Void> next(@Nullable StoredResponse stored, @Nullable Throwable failure,
			Function<CallRejectedException, Mono<Void>> rejection) {
		if (this.phase.get() == Phase.RUNNING) {
			Throwable failed = this.thrown;
			return (failed != null) ? Mono.error(failed) : this.response.deliver();
		}
		try {
			return this.response.replay(this.idempotency.outcome(stored, failure));
		}
		catch (CallRejectedException ex) {
			return rejection.apply(ex);
		}
		catch (Throwable ex) {
			return Mono.error(ex);
		}
	}

	private void clientLeft(CompletableFuture<StoredResponse> result) {
		if (this.phase.compareAndSet(Phase.WAITING, Phase.LEFT)) {
			result.cancel(true);
		}
		else if (this.response.isPassing()) {
			this.running.dispose();
			threw(new CancellationException("The client left while its response was written"));
		}
	}

	private enum Phase {

		WAITING, RUNNING, LEFT

	}

}
