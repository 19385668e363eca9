package dev.resilience.spring.web.idempotency;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import dev.resilience.Trap;
import dev.resilience.spring.web.idempotency.StoredResponse.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Stored responses as bytes.
 */
class StoredResponseCodecTests {

	private final StoredResponseCodec codec = new StoredResponseCodec();

	@ParameterizedTest
	@EnumSource
	void decodeShouldGiveWhatWasEncoded(Form form) throws IOException {
		byte[] body = new byte[1000];
		new Random(4711).nextBytes(body);
		StoredResponse response = new StoredResponse(201, form,
				Map.of("Content-Type", List.of("text/plain"), "Link", List.of("<a>", "<b>; title=\"\u00fc\"")), body);
		StoredResponse decoded = decode(this.codec.encode(response));
		assertThat(decoded.status()).isEqualTo(201);
		assertThat(decoded.form()).isEqualTo(form);
		assertThat(decoded.headers()).isEqualTo(response.headers());
		assertThat(decoded.body()).isEqualTo(body);
	}

	@Test
	void encodeShouldRefuseOtherTypesAndHeadersThatEndTheirLine() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.codec.encode("text"));
		for (String value : List.of("a\r\nSet-Cookie: b", "a\u0000", "a\n")) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.codec
				.encode(new StoredResponse(200, Form.WHOLE, Map.of("Location", List.of(value)), new byte[0])));
		}
		Map<String, List<String>> many = new HashMap<>();
		for (int index = 0; index < 256; index++) {
			many.put("X-" + index, List.of("a"));
		}
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> this.codec.encode(new StoredResponse(200, Form.WHOLE, many, new byte[0])));
	}

	@Test
	@Trap(34)
	void decodeShouldRefuseEveryBeginningAndWhatFollowsTheEnd() throws IOException {
		byte[] bytes = bytes();
		for (int length = 0; length < bytes.length; length++) {
			byte[] cut = Arrays.copyOf(bytes, length);
			assertThatExceptionOfType(IOException.class).as("%s bytes", length).isThrownBy(() -> decode(cut));
		}
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> decode(Arrays.copyOf(bytes, bytes.length + 1)));
	}

	@Test
	@Trap(34)
	void decodeShouldEitherRefuseChangedBytesOrGiveHarmlessHeaders() throws IOException {
		Random random = new Random(815);
		for (int round = 0; round < 20_000; round++) {
			byte[] bytes = bytes();
			for (int changes = random.nextInt(4); changes >= 0; changes--) {
				bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
			}
			StoredResponse decoded;
			try {
				decoded = decode(bytes);
			}
			catch (IOException ex) {
				continue;
			}
			assertThat(decoded.status()).isBetween(200, 999);
			decoded.headers().forEach((name, values) -> {
				assertThat(name).matches("[\\x21-\\x7E]+");
				values.forEach((value) -> assertThat(value).doesNotContain("\r", "\n", "\u0000"));
			});
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 2 })
	@Trap(34)
	void decodeShouldRefuseLengthsThatAreNotThere(int length) {
		byte[] bytes = { 1, 'W', 0, (byte) 200, 0, (byte) (length >> 24), (byte) (length >> 16), (byte) (length >> 8),
				(byte) length, 'x' };
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> decode(bytes));
	}

	@Test
	void responseShouldBeImmutableAndTellNoData() {
		byte[] body = { 1 };
		StoredResponse response = new StoredResponse(200, Form.WHOLE, Map.of("Location", List.of("/secret")), body);
		body[0] = 2;
		response.body()[0] = 3;
		assertThat(response.body()).containsExactly(1);
		assertThat(response.toString()).doesNotContain("secret");
	}

	private byte[] bytes() throws IOException {
		return this.codec
			.encode(new StoredResponse(200, Form.WHOLE, Map.of("ETag", List.of("\"1\"", "b")), new byte[] { 1, 2, 3 }));
	}

	private StoredResponse decode(byte[] bytes) throws IOException {
		return (StoredResponse) this.codec.decode(bytes);
	}

}
