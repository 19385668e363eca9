package dev.resilience.spring.web.idempotency;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.web.idempotency.StoredResponse.Form;

/**
 * Writes {@link StoredResponse}s for stores that keep bytes. Stateless and thread-safe.
 */
public final class StoredResponseCodec implements ResultCodec {

	// version form status(2) count(1) { name count(1) { value } } body
	// where name, value and body are length(4) and bytes, text in UTF-8.
	//
	// Whoever can write to the store must gain no more by it than to answer for the
	// application: nothing is allocated before the bytes for it are known to be there,
	// and no header can end its line.

	private static final byte VERSION = 1;

	private static final int MAX_COUNT = 255;

	private static final Pattern NAME = Pattern.compile(StoredHeaders.TOKEN);

	/**
	 * Creates a codec.
	 */
	public StoredResponseCodec() {
	}

	@Override
	public byte[] encode(Object value) throws IOException {
		if (!(value instanceof StoredResponse response)) {
			throw new IllegalArgumentException("A " + value.getClass().getName() + " is no stored response");
		}
		byte[] body = response.body();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length + 128);
		DataOutputStream out = new DataOutputStream(bytes);
		out.writeByte(VERSION);
		out.writeByte(response.form().code());
		out.writeShort(response.status());
		out.writeByte(count(response.headers().size()));
		for (Map.Entry<String, List<String>> header : response.headers().entrySet()) {
			write(out, checked(NAME, header.getKey()).getBytes(StandardCharsets.UTF_8));
			out.writeByte(count(header.getValue().size()));
			for (String each : header.getValue()) {
				write(out, checked(StoredHeaders.VALUE, each).getBytes(StandardCharsets.UTF_8));
			}
		}
		write(out, body);
		return bytes.toByteArray();
	}

	@Override
	public Object decode(byte[] bytes) throws IOException {
		try {
			return decode(ByteBuffer.wrap(bytes));
		}
		catch (BufferUnderflowException ex) {
			throw new IOException("The bytes end within a stored response", ex);
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("The bytes are no stored response", ex);
		}
	}

	private static StoredResponse decode(ByteBuffer in) throws IOException {
		require(in.get() == VERSION, "have another version");
		Form form = Form.of(in.get());
		int status = in.getShort();
		Map<String, List<String>> headers = new LinkedHashMap<>();
		for (int left = Byte.toUnsignedInt(in.get()); left > 0; left--) {
			String name = checked(NAME, text(in));
			List<String> values = new ArrayList<>();
			for (int more = Byte.toUnsignedInt(in.get()); more > 0; more--) {
				values.add(checked(StoredHeaders.VALUE, text(in)));
			}
			require(headers.put(name, values) == null, "have a header twice");
		}
		byte[] body = read(in);
		require(!in.hasRemaining(), "go on after the end");
		return new StoredResponse(status, form, headers, body);
	}

	private static String text(ByteBuffer in) throws IOException {
		return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(read(in))).toString();
	}

	private static byte[] read(ByteBuffer in) throws IOException {
		int length = in.getInt();
		require(length >= 0 && length <= in.remaining(), "end within a stored response");
		byte[] bytes = new byte[length];
		in.get(bytes);
		return bytes;
	}

	private static void write(DataOutputStream out, byte[] bytes) throws IOException {
		out.writeInt(bytes.length);
		out.write(bytes);
	}

	private static int count(int count) throws IOException {
		require(count <= MAX_COUNT, "would have more than " + MAX_COUNT + " headers");
		return count;
	}

	private static String checked(Pattern pattern, String text) throws IOException {
		require(pattern.matcher(text).matches(), "have a header that is none");
		return text;
	}

	private static void require(boolean valid, String fault) throws IOException {
		if (!valid) {
			throw new IOException("The bytes of a stored response " + fault);
		}
	}

}
