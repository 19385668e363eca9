package dev.resilience.spring.web.idempotency;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Which headers of a response are kept and replayed: those that are listed, and never one
 * that belongs to one connection or one client. Immutable.
 *
 * @param names the headers' names
 */
public record StoredHeaders(List<String> names) {

	/** What a header's name is made of, by RFC 9110. */
	static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

	/** What a header's value is made of, so that it cannot end its line. */
	static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7E\\x80-\\x{10FFFF}]*");

	private static final Set<String> NEVER = Set.of("set-cookie", "set-cookie2", "cookie", "authorization",
			"proxy-authorization", "authentication-info", "proxy-authentication-info", "content-length",
			"transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "idempotent-replayed");

	/**
	 * Creates a list.
	 * @throws IllegalArgumentException when a name is none, or must not be kept
	 */
	public StoredHeaders {
		for (String name : names) {
			Setting.of("stored-headers", name)
				.require(name.matches(TOKEN), "must be headers' names", "separate them by commas")
				.require(!NEVER.contains(name.toLowerCase(Locale.ROOT)), "must not be replayed",
						"leave it out: it belongs to one connection or one client");
		}
		names = List.copyOf(names);
	}

	/**
	 * What is kept of a response's headers, or replayed of those that were kept.
	 * @param values gives a header's values, if it has any
	 * @return the listed headers that have values
	 * @throws IllegalArgumentException when a value could end its line
	 */
	public Map<String, List<String>> of(Function<String, @Nullable List<String>> values) {
		Map<String, List<String>> kept = select(values);
		kept.values().forEach((each) -> each.forEach(StoredHeaders::requireValue));
		return kept;
	}

	/**
	 * The same without a look at the values, for headers that the server checks.
	 */
	Map<String, List<String>> select(Function<String, @Nullable List<String>> values) {
		Map<String, List<String>> listed = new LinkedHashMap<>();
		for (String name : this.names) {
			List<String> found = values.apply(name);
			if (found != null && !found.isEmpty()) {
				listed.put(name, new ArrayList<>(found));
			}
		}
		return listed;
	}

	private static void requireValue(String value) {
		if (!VALUE.matcher(value).matches()) {
			throw new IllegalArgumentException("A header has a value that is none");
		}
	}

}
