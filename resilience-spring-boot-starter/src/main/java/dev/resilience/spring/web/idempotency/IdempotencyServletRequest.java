package dev.resilience.spring.web.idempotency;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UnsupportedEncodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body has been read already.
 */
final class IdempotencyServletRequest extends HttpServletRequestWrapper {

	// The container parses a form itself, from the stream, and somebody may have asked it
	// to already, for a CSRF token say. So forms are taken from the container, and what
	// is left of the stream is their body.

	private final @Nullable Map<String, String[]> form;

	private final byte[] body;

	private @Nullable BiFunction<ServletRequest, @Nullable ServletResponse, AsyncContext> async;

	private @Nullable AsyncContext current;

	private IdempotencyServletRequest(HttpServletRequest request, @Nullable Map<String, String[]> form, byte[] body) {
		super(request);
		this.form = form;
		this.body = body;
	}

	/**
	 * Reads a request.
	 * @return the request, or {@code null} if its body is larger than the limit
	 */
	static @Nullable IdempotencyServletRequest read(HttpServletRequest request, long limit) throws IOException {
		if (request.getContentLengthLong() > limit) {
			return null;
		}
		Map<String, String[]> form = HttpIdempotency.isForm(request.getContentType()) ? request.getParameterMap()
				: null;
		byte[] body = request.getInputStream().readNBytes((int) limit + 1);
		boolean fits = body.length <= limit && (form == null || size(form) <= limit);
		return fits ? new IdempotencyServletRequest(request, form, body) : null;
	}

	private static long size(Map<String, String[]> form) {
		long size = 0;
		for (Map.Entry<String, String[]> field : form.entrySet()) {
			for (String value : field.getValue()) {
				size += field.getKey().length() + value.length();
			}
		}
		return size;
	}

	@Nullable Map<String, String[]> form() {
		return this.form;
	}

	byte[] body() {
		return this.body;
	}

	/**
	 * Has somebody start asynchronous processing in the container's place.
	 * @param starter is given the request and the response that it was started with, or
	 * no response
	 */
	void onAsync(BiFunction<ServletRequest, @Nullable ServletResponse, AsyncContext> starter) {
		this.async = starter;
	}

	@Override
	public AsyncContext startAsync() {
		return start(this, null);
	}

	@Override
	public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
		return start(request, response);
	}

	private AsyncContext start(ServletRequest request, @Nullable ServletResponse response) {
		AsyncContext started = Objects.requireNonNull(this.async).apply(request, response);
		this.current = started;
		return started;
	}

	@Override
	public AsyncContext getAsyncContext() {
		AsyncContext container = super.getAsyncContext();
		return (this.current != null) ? this.current : container;
	}

	@Override
	public ServletInputStream getInputStream() {
		return new BodyStream(new ByteArrayInputStream(this.body));
	}

	@Override
	public BufferedReader getReader() throws UnsupportedEncodingException {
		return new BufferedReader(new InputStreamReader(getInputStream(), charset(getCharacterEncoding())));
	}

	static Charset charset(@Nullable String encoding) throws UnsupportedEncodingException {
		try {
			return (encoding != null) ? Charset.forName(encoding) : StandardCharsets.ISO_8859_1;
		}
		catch (IllegalArgumentException ex) {
			throw new UnsupportedEncodingException(encoding);
		}
	}

	/**
	 * Reads the body from memory, where it is always ready.
	 */
	private static final class BodyStream extends ServletInputStream {

		private final ByteArrayInputStream bytes;

		BodyStream(ByteArrayInputStream bytes) {
			this.bytes = bytes;
		}

		@Override
		public int read() {
			return this.bytes.read();
		}

		@Override
		public int read(byte[] target, int offset, int length) {
			return this.bytes.read(target, offset, length);
		}

		@Override
		public boolean isFinished() {
			return this.bytes.available() == 0;
		}

		@Override
		public boolean isReady() {
			return true;
		}

		@Override
		public void setReadListener(ReadListener listener) {
			try {
				if (!isFinished()) {
					listener.onDataAvailable();
				}
				listener.onAllDataRead();
			}
			catch (IOException ex) {
				listener.onError(ex);
			}
		}

	}

}
