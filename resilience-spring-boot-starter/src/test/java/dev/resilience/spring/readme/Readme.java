package dev.resilience.spring.readme;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.ClassUtils;

/**
 * The README, taken apart.
 */
final class Readme {

	private static final Path ROOT = root();

	private static final Pattern BLOCK = Pattern.compile("^```(\\w*)\\R(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

	private static final Pattern CODE = Pattern.compile("`([^`]*)`");

	private Readme() {
	}

	static String text() {
		return read("README.md");
	}

	/**
	 * Reads a file of the project.
	 */
	static String read(String path) {
		try {
			return Files.readString(ROOT.resolve(path)).replace("\r\n", "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Reads all sources below a directory of the project.
	 */
	static List<String> sources(String directory) {
		try (Stream<Path> files = Files.walk(ROOT.resolve(directory))) {
			return files.filter((file) -> file.toString().endsWith(".java"))
				.map((file) -> read(ROOT.relativize(file).toString()))
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The code blocks of a language, without their fences.
	 */
	static List<String> blocks(String language) {
		return BLOCK.matcher(text())
			.results()
			.filter((block) -> block.group(1).equals(language))
			.map((block) -> block.group(2))
			.toList();
	}

	static List<String> languages() {
		return BLOCK.matcher(text()).results().map((block) -> block.group(1)).distinct().toList();
	}

	/**
	 * The properties that a block of YAML sets, each {@code name=value}.
	 */
	static String[] properties(String yaml) {
		List<String> properties = new ArrayList<>();
		try {
			ByteArrayResource resource = new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8));
			new YamlPropertySourceLoader().load("README.md", resource).forEach((source) -> {
				EnumerablePropertySource<?> values = (EnumerablePropertySource<?>) source;
				Arrays.stream(values.getPropertyNames())
					.forEach((name) -> properties.add(name + "=" + values.getProperty(name)));
			});
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return properties.toArray(String[]::new);
	}

	/**
	 * Everything that the starter configures by itself.
	 */
	static AutoConfigurations starter() {
		List<Class<?>> ours = new ArrayList<>();
		ImportCandidates
			.load(org.springframework.boot.autoconfigure.AutoConfiguration.class, Readme.class.getClassLoader())
			.forEach((name) -> {
				if (name.startsWith("dev.resilience.")) {
					ours.add(ClassUtils.resolveClassName(name, Readme.class.getClassLoader()));
				}
			});
		return AutoConfigurations.of(ours.toArray(Class<?>[]::new));
	}

	/**
	 * The tables whose first column has a name.
	 */
	static List<Table> tables(String column) {
		List<Table> tables = new ArrayList<>();
		List<String> lines = text().lines().toList();
		String lead = "";
		for (int index = 0; index < lines.size(); index++) {
			String line = lines.get(index);
			if (!line.startsWith("|")) {
				lead = line.isBlank() ? lead : line;
				continue;
			}
			List<List<String>> rows = new ArrayList<>();
			while (index < lines.size() && lines.get(index).startsWith("|")) {
				rows.add(cells(lines.get(index++)));
			}
			if (rows.get(0).get(0).equals(column)) {
				tables.add(new Table(lead, rows.get(0), List.copyOf(rows.subList(2, rows.size()))));
			}
		}
		return tables;
	}

	static Table table(String column) {
		List<Table> tables = tables(column);
		if (tables.size() != 1) {
			throw new AssertionError("There are " + tables.size() + " tables of '" + column + "'");
		}
		return tables.get(0);
	}

	private static List<String> cells(String row) {
		return Arrays.stream(row.substring(1, row.lastIndexOf('|')).split("\\|", -1)).map(String::trim).toList();
	}

	/**
	 * What stands in back quotes.
	 */
	static List<String> codes(String cell) {
		return CODE.matcher(cell).results().map((code) -> code.group(1)).toList();
	}

	/**
	 * The first that stands in back quotes, or else the whole cell.
	 */
	static String code(String cell) {
		Matcher code = CODE.matcher(cell);
		return code.find() ? code.group(1) : cell;
	}

	private static Path root() {
		Path directory = Path.of("").toAbsolutePath();
		while (directory != null && !Files.exists(directory.resolve("mvnw"))) {
			directory = directory.getParent();
		}
		if (directory == null) {
			throw new IllegalStateException("The tests run in the project's directory or below it");
		}
		return directory;
	}

	/**
	 * A table.
	 *
	 * @param lead the line before it
	 * @param columns the names of its columns
	 * @param rows its cells
	 */
	record Table(String lead, List<String> columns, List<List<String>> rows) {

		/**
		 * The rows by what their first column names.
		 */
		Map<String, List<String>> byCode() {
			Map<String, List<String>> named = new LinkedHashMap<>();
			this.rows.forEach((row) -> {
				if (named.put(code(row.get(0)), row) != null) {
					throw new AssertionError("Twice: " + row);
				}
			});
			return named;
		}

	}

}
