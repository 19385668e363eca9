package dev.resilience.spring.autoconfigure;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;

/**
 * Leaves nothing out of a result. Immutable.
 */
final class WholeResults extends JacksonAnnotationIntrospector {

	// What annotations spare the reader of a web page, an empty list say, would be null
	// when it is replayed, and a property that no client may set, an identifier say,
	// would not be read. What clients may set but never see is a secret: that stays out.

	private static final long serialVersionUID = 1L;

	@Override
	public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated annotated) {
		return JsonInclude.Value.empty();
	}

	@Override
	public JsonProperty.Access findPropertyAccess(MapperConfig<?> config, Annotated annotated) {
		JsonProperty.Access found = super.findPropertyAccess(config, annotated);
		return (found == JsonProperty.Access.READ_ONLY) ? JsonProperty.Access.AUTO : found;
	}

}
