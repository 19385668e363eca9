package dev.resilience.spring.web.idempotency;

import java.io.IOException;
import java.io.UncheckedIOException;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * The container's asynchronous context, which tells when the application completes it:
 * the last moment to send a response.
 */
final class IdempotencyAsyncContext implements AsyncContext {

	private final AsyncContext container;

	private final Completion completion;

	/**
	 * Creates a context.
	 * @param completion is run before the application's completion takes effect
	 * @param afterwards is run when the container has completed the request, whoever
	 * asked for it
	 */
	IdempotencyAsyncContext(AsyncContext container, Completion completion, Runnable afterwards) {
		this.container = container;
		this.completion = completion;
		container.addListener(new AsyncListener() {

			@Override
			public void onComplete(AsyncEvent event) {
				afterwards.run();
			}

			@Override
			public void onTimeout(AsyncEvent event) {
				// Whoever handles it still answers, or the container completes.
			}

			@Override
			public void onError(AsyncEvent event) {
				// Whoever handles it still answers, or the container completes.
			}

			@Override
			public void onStartAsync(AsyncEvent event) {
				// The next context has a listener of its own.
			}

		});
	}

	@Override
	public void complete() {
		try {
			this.completion.run();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			this.container.complete();
		}
	}

	@Override
	public ServletRequest getRequest() {
		return this.container.getRequest();
	}

	@Override
	public ServletResponse getResponse() {
		return this.container.getResponse();
	}

	@Override
	public boolean hasOriginalRequestAndResponse() {
		return this.container.hasOriginalRequestAndResponse();
	}

	@Override
	public void dispatch() {
		this.container.dispatch();
	}

	@Override
	public void dispatch(String path) {
		this.container.dispatch(path);
	}

	@Override
	public void dispatch(@Nullable ServletContext context, String path) {
		this.container.dispatch(context, path);
	}

	@Override
	public void start(Runnable run) {
		this.container.start(run);
	}

	@Override
	public void addListener(AsyncListener listener) {
		this.container.addListener(listener);
	}

	@Override
	public void addListener(AsyncListener listener, ServletRequest request, ServletResponse response) {
		this.container.addListener(listener, request, response);
	}

	@Override
	public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
		return this.container.createListener(type);
	}

	@Override
	public void setTimeout(long timeout) {
		this.container.setTimeout(timeout);
	}

	@Override
	public long getTimeout() {
		return this.container.getTimeout();
	}

	/**
	 * Sends the response.
	 */
	interface Completion {

		void run() throws IOException;

	}

}
