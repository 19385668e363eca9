package dev.resilience.spring.web.idempotency;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.util.List;

import dev.resilience.spring.web.idempotency.StoredResponse.Form;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * A response whose body is held back until it is stored. One that is too large to be
 * kept, or a stream, is passed on as it is written from then on.
 */
final class IdempotencyServletResponse extends HttpServletResponseWrapper {

	private final IdempotencyHttpRules rules;

	private final ByteArrayOutputStream held = new ByteArrayOutputStream();

	private final BodyStream stream = new BodyStream();

	private @Nullable PrintWriter writer;

	private boolean passing;

	private boolean errorPage;

	private boolean discarding;

	IdempotencyServletResponse(HttpServletResponse response, IdempotencyHttpRules rules) {
		super(response);
		this.rules = rules;
	}

	/**
	 * The response as it stands.
	 */
	StoredResponse toStored() {
		flushWriter();
		int status = Math.max(getStatus(), 200);
		if (this.passing) {
			return StoredResponse.notKept(status);
		}
		if (this.errorPage) {
			return StoredResponse.ofErrorPage(status);
		}
		return new StoredResponse(status, Form.WHOLE, this.rules.storedHeaders().select(this::values),
				this.held.toByteArray());
	}

	/**
	 * A container may keep the content type apart from the headers.
	 */
	private List<String> values(String name) {
		if (name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE)) {
			return (getContentType() != null) ? List.of(getContentType()) : List.of();
		}
		return List.copyOf(getHeaders(name));
	}

	/**
	 * Sends what was held back.
	 */
	void deliver() throws IOException {
		flushWriter();
		if (!this.passing && !this.errorPage) {
			send(this.held.toByteArray());
		}
	}

	/**
	 * Sends a response that was made before.
	 */
	void replay(StoredResponse stored) throws IOException {
		setHeader(HttpIdempotency.REPLAYED, "true");
		if (stored.form() == Form.ERROR_PAGE) {
			super.sendError(stored.status());
			return;
		}
		setStatus(stored.status());
		this.rules.storedHeaders().select(stored.headers()::get).forEach((name, values) -> {
			if (name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE)) {
				setContentType(values.get(0));
				return;
			}
			setHeader(name, values.get(0));
			values.subList(1, values.size()).forEach((value) -> addHeader(name, value));
		});
		send(stored.body());
	}

	private void send(byte[] body) throws IOException {
		if (body.length > 0) {
			if (!isCommitted()) {
				setContentLength(body.length);
			}
			getResponse().getOutputStream().write(body);
		}
	}

	private void flushWriter() {
		if (this.writer != null) {
			this.writer.flush();
		}
	}

	private void pass() throws IOException {
		if (!this.passing) {
			this.passing = true;
			getResponse().getOutputStream().write(this.held.toByteArray());
			this.held.reset();
		}
	}

	private boolean passesFlush() throws IOException {
		if (HttpIdempotency.isStream(getContentType())) {
			pass();
		}
		return this.passing;
	}

	@Override
	public ServletOutputStream getOutputStream() {
		return this.stream;
	}

	@Override
	public PrintWriter getWriter() throws IOException {
		if (this.writer == null) {
			// As the container does: whoever writes text tells its charset.
			setCharacterEncoding(getCharacterEncoding());
			this.writer = new PrintWriter(
					new OutputStreamWriter(this.stream, IdempotencyServletRequest.charset(getCharacterEncoding())));
		}
		return this.writer;
	}

	@Override
	public void flushBuffer() throws IOException {
		flushWriter();
		if (passesFlush()) {
			super.flushBuffer();
		}
	}

	@Override
	public void reset() {
		super.reset();
		this.writer = null;
		this.held.reset();
	}

	@Override
	public void resetBuffer() {
		super.resetBuffer();
		this.discarding = true;
		flushWriter();
		this.discarding = false;
		this.held.reset();
	}

	@Override
	public void sendError(int status) throws IOException {
		super.sendError(status);
		this.errorPage = true;
	}

	@Override
	public void sendError(int status, @Nullable String message) throws IOException {
		super.sendError(status, message);
		this.errorPage = true;
	}

	/**
	 * Holds what is written, as long as it fits.
	 */
	private final class BodyStream extends ServletOutputStream {

		@Override
		public void write(int value) throws IOException {
			write(new byte[] { (byte) value }, 0, 1);
		}

		@Override
		public void write(byte[] source, int offset, int length) throws IOException {
			IdempotencyServletResponse response = IdempotencyServletResponse.this;
			if (response.discarding) {
				return;
			}
			if (response.held.size() + (long) length > response.rules.maxResponseSize()) {
				pass();
			}
			if (response.passing) {
				getResponse().getOutputStream().write(source, offset, length);
			}
			else {
				response.held.write(source, offset, length);
			}
		}

		@Override
		public void flush() throws IOException {
			if (passesFlush()) {
				getResponse().getOutputStream().flush();
			}
		}

		@Override
		public boolean isReady() {
			return true;
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			try {
				listener.onWritePossible();
			}
			catch (IOException ex) {
				listener.onError(ex);
			}
		}

	}

}
