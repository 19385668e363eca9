package dev.resilience.spring.web.idempotency;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.jspecify.annotations.Nullable;

/**
 * Requests of text with a header.
 */
public final class TestServerRequests {

	private TestServerRequests() {
	}

	/**
	 * Posts text.
	 * @param server to whom
	 * @param path the path
	 * @param header the header's name
	 * @param value its value, or {@code null} for none
	 * @param body the text
	 * @return the answer
	 */
	public static Answer send(TestServer server, String path, String header, @Nullable String value, String body) {
		return server.send(path, (request) -> customize(request, header, value, body));
	}

	static HttpRequest post(TestServer server, String path, String header, String value, String body) {
		String port = server.context().getEnvironment().getProperty("local.server.port");
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
		customize(request, header, value, body);
		return request.build();
	}

	private static void customize(HttpRequest.Builder request, String header, @Nullable String value, String body) {
		request.header("Content-Type", "text/plain").POST(BodyPublishers.ofString(body));
		if (value != null) {
			request.header(header, value);
		}
	}

	/**
	 * A client whose cancelled requests close their connections.
	 */
	static HttpClient lonely() {
		return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
	}

}
