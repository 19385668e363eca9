package dev.resilience.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A command for curl as people write it, run without curl and without a shell: the
 * options {@code -X}, {@code -H}, {@code -d} and {@code -i}, and one URL.
 *
 * @param method the HTTP method
 * @param url where to
 * @param headers what to send with it
 * @param body what to send, if anything
 */
record CurlCommand(String method, String url, Map<String, String> headers, @Nullable String body) {

	private static final String KEY = "Idempotency-Key";

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	static CurlCommand parse(String line) {
		Iterator<String> words = words(line).iterator();
		if (!words.hasNext() || !words.next().equals("curl")) {
			throw new IllegalArgumentException("No curl command: " + line);
		}
		String method = null;
		String url = null;
		String body = null;
		Map<String, String> headers = new LinkedHashMap<>();
		while (words.hasNext()) {
			String word = words.next();
			switch (word) {
				case "-i" -> {
					// The headers are there in any case.
				}
				case "-X" -> method = words.next();
				case "-d" -> body = words.next();
				case "-H" -> {
					String[] header = words.next().split(": *", 2);
					headers.put(header[0], header[1]);
				}
				default -> {
					if (word.startsWith("-") || url != null) {
						throw new IllegalArgumentException("Cannot run '" + word + "' of: " + line);
					}
					url = word;
				}
			}
		}
		if (url == null) {
			throw new IllegalArgumentException("No URL: " + line);
		}
		if (body != null) {
			headers.putIfAbsent("Content-Type", "application/x-www-form-urlencoded");
		}
		String implied = (body != null) ? "POST" : "GET";
		return new CurlCommand((method != null) ? method : implied, url, headers, body);
	}

	/**
	 * The same with another idempotency key, so that it is no repetition.
	 */
	CurlCommand anew(int attempt) {
		Map<String, String> changed = new LinkedHashMap<>(this.headers);
		changed.computeIfPresent(KEY, (name, key) -> key + "-" + attempt);
		return new CurlCommand(this.method, this.url, changed, this.body);
	}

	HttpResponse<String> run(HttpClient client, int port) throws IOException, InterruptedException {
		String prefix = "localhost:8080/";
		if (!this.url.startsWith(prefix)) {
			throw new IllegalArgumentException("Not the sample's address: " + this.url);
		}
		URI uri = URI.create("http://127.0.0.1:" + port + "/" + this.url.substring(prefix.length()));
		BodyPublisher sent = (this.body != null) ? BodyPublishers.ofString(this.body) : BodyPublishers.noBody();
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(PATIENCE).method(this.method, sent);
		this.headers.forEach(request::header);
		return client.send(request.build(), BodyHandlers.ofString());
	}

	/**
	 * Splits a line as a shell does: white space separates, quotes hold together.
	 */
	private static List<String> words(String line) {
		List<String> words = new ArrayList<>();
		StringBuilder word = null;
		char quote = 0;
		for (int index = 0; index < line.length(); index++) {
			char next = line.charAt(index);
			if (quote == 0 && Character.isWhitespace(next)) {
				if (word != null) {
					words.add(word.toString());
				}
				word = null;
				continue;
			}
			word = (word != null) ? word : new StringBuilder();
			if (next == quote) {
				quote = 0;
			}
			else if (quote == 0 && (next == '\'' || next == '"')) {
				quote = next;
			}
			else if (quote != '\'' && "\\$`".indexOf(next) >= 0) {
				throw new IllegalArgumentException("Only plain quotes can be run everywhere: " + line);
			}
			else {
				word.append(next);
			}
		}
		if (quote != 0) {
			throw new IllegalArgumentException("A quote is left open: " + line);
		}
		if (word != null) {
			words.add(word.toString());
		}
		return words;
	}

}
