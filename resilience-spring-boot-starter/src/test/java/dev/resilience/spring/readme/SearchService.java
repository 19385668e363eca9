package dev.resilience.spring.readme;

import java.util.List;

import dev.resilience.spring.annotation.CircuitProtected;

class SearchService {

	private final Index index = new Index();

	@CircuitProtected(value = "search", config = { "preset=aggressive", "success-threshold=2" })
	List<String> search(String words) {
		return this.index.find(words);
	}

	static class Index {

		List<String> find(String words) {
			return List.of(words);
		}

	}

}
