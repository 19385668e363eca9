package dev.resilience.sample;

import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a command answers, as the comment behind it says:
 * {@code # <status> [Header: value]... [json]}. A header's value {@code *} stands for any
 * (of {@code Retry-After}: any number); JSON objects may have more fields than those
 * named, numbers count by their value, arrays are to be equal.
 *
 * @param status the status
 * @param headers the headers
 * @param json the body, or {@code null} for any
 */
record Expectation(int status, Map<String, String> headers, @Nullable JsonNode json) {

	private static final Pattern COMMENT = Pattern
		.compile("# (?<status>\\d{3})(?<headers>(?: [A-Za-z-]+: \\S+)*)(?: (?<json>[{\\[].*))?");

	private static final Pattern HEADER = Pattern.compile("([A-Za-z-]+): (\\S+)");

	private static final JsonMapper JSON = JsonMapper.builder().build();

	static Expectation parse(String comment) {
		Matcher parts = COMMENT.matcher(comment);
		if (!parts.matches()) {
			throw new IllegalArgumentException("No expectation: " + comment);
		}
		Map<String, String> headers = new LinkedHashMap<>();
		HEADER.matcher(parts.group("headers"))
			.results()
			.forEach((header) -> headers.put(header.group(1), header.group(2)));
		String json = parts.group("json");
		return new Expectation(Integer.parseInt(parts.group("status")), headers,
				(json != null) ? JSON.readTree(json) : null);
	}

	/**
	 * What is wrong with an answer; empty when nothing is.
	 */
	String differenceTo(HttpResponse<String> answer) {
		if (answer.statusCode() != this.status) {
			return "status " + answer.statusCode();
		}
		for (Map.Entry<String, String> header : this.headers.entrySet()) {
			String value = answer.headers().firstValue(header.getKey()).orElse("");
			if (!isAsExpected(header.getKey(), header.getValue(), value)) {
				return "header " + header.getKey() + ": " + value;
			}
		}
		return (this.json != null) ? difference(this.json, answer.body()) : "";
	}

	private static boolean isAsExpected(String name, String expected, String actual) {
		if (!expected.equals("*")) {
			return expected.equals(actual);
		}
		return name.equalsIgnoreCase("Retry-After") ? actual.matches("\\d+") : !actual.isEmpty();
	}

	private static String difference(JsonNode expected, String body) {
		try {
			return difference("body", expected, JSON.readTree(body));
		}
		catch (JacksonException ex) {
			return "the body is no JSON";
		}
	}

	private static String difference(String path, JsonNode expected, @Nullable JsonNode actual) {
		if (actual == null) {
			return path + " is missing";
		}
		if (expected.isObject() && actual.isObject()) {
			for (Map.Entry<String, JsonNode> field : expected.properties()) {
				String difference = difference(path + "." + field.getKey(), field.getValue(),
						actual.get(field.getKey()));
				if (!difference.isEmpty()) {
					return difference;
				}
			}
			return "";
		}
		boolean equal = (expected.isNumber() && actual.isNumber())
				? expected.decimalValue().compareTo(actual.decimalValue()) == 0 : expected.equals(actual);
		return equal ? "" : path + " is " + actual;
	}

}
