package dev.resilience.spring.autoconfigure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.AbstractDeserializer;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.jdk.EnumDeserializer;
import tools.jackson.databind.deser.jdk.NumberDeserializers.NumberDeserializer;
import tools.jackson.databind.deser.std.ContainerDeserializerBase;
import tools.jackson.databind.deser.std.ReferenceTypeDeserializer;
import tools.jackson.databind.deser.std.StdConvertingDeserializer;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedMethod;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * Looks for parts of a result that could be written but not be read. For one thread, and
 * one result.
 */
final class ReadableTypes {

	// Jackson makes what reads a type from all its annotations, and of a type that it
	// cannot read it says so only when a value comes. So those readers are made here and
	// asked, down to the last property. Readers of anybody's own are trusted: nobody can
	// know what they take.
	//
	// Types may contain themselves, so nobody goes down into one twice. Of a reader there
	// is one object, but for the types that an annotation names it is looked up again, so
	// those are remembered too. Each part is asked itself all the same: whether its type
	// is fit may depend on its place.

	private static final String CONCRETE = "Declare a record or another concrete type";

	private static final String KEYS = "Declare them as a text, an enum, or a type with @JsonCreator and @JsonValue of one"
			+ " text";

	private static final String NAMED = "name its types by @JsonTypeInfo(use = Id.NAME) and @JsonSubTypes";

	private final DeserializationContext context;

	private final WrittenProperties written;

	private final ReadableKeys keys;

	private final Set<Object> readers = Collections.newSetFromMap(new IdentityHashMap<>());

	private final Set<JavaType> types = new HashSet<>();

	private final Set<String> untyped = new LinkedHashSet<>();

	private ReadableTypes(JsonMapper mapper) {
		this.context = mapper._deserializationContext();
		this.written = new WrittenProperties(mapper);
		this.keys = new ReadableKeys(mapper, this.context);
	}

	/**
	 * Requires that all parts of a result can be read.
	 * @param mapper reads and writes it
	 * @param type what the result is declared as
	 * @return where its parts can be read but may be of another type then
	 * @throws IllegalArgumentException when one cannot; it says which, why, and what to
	 * do
	 */
	static Set<String> require(JsonMapper mapper, JavaType type) {
		ReadableTypes readable = new ReadableTypes(mapper);
		readable.requireType(ResultPart.root(type));
		return readable.untyped;
	}

	private void requireType(ResultPart part) {
		try {
			visit(part, this.context.findContextualValueDeserializer(part.type(), null),
					NamedTypes.of(part.type(), this.context));
		}
		catch (JacksonException ex) {
			throw located(part, ex, new HashSet<>());
		}
	}

	private void visit(ResultPart part, ValueDeserializer<?> reader, @Nullable NamedTypes names) {
		if (names != null) {
			visitNamed(part, names);
		}
		else if (isUntyped(reader)) {
			this.untyped.add(part.path());
		}
		else {
			requireReader(part, reader);
			if (this.readers.add(reader)) {
				visitParts(part, reader);
			}
		}
	}

	private static boolean isUntyped(ValueDeserializer<?> reader) {
		return reader instanceof NumberDeserializer
				|| (reader.handledType() == Object.class && reader.logicalType() == LogicalType.Untyped);
	}

	private void requireReader(ResultPart part, ValueDeserializer<?> reader) {
		if (reader instanceof AbstractDeserializer) {
			throw part.unfit("is abstract, and nothing says which class to make of it", CONCRETE + ", or " + NAMED);
		}
		if (reader instanceof EnumDeserializer) {
			this.written.requireText(part);
			this.keys.requireConstants(part);
		}
		if (reader instanceof ContainerDeserializerBase<?>) {
			this.keys.require(part);
		}
		if (reader instanceof BeanDeserializerBase bean) {
			if (part.type().isTypeOrSubTypeOf(Throwable.class)) {
				throw part.unfit("is an exception, and what is written of one cannot be read", CONCRETE);
			}
			this.written.requireReadable(part, bean, this.context);
		}
		if (part.type().hasRawClass(Class.class)) {
			throw part.unfit("would be any class that the data names, and none of those is followed",
					"Declare a text or an enum");
		}
	}

	private void visitParts(ResultPart part, ValueDeserializer<?> reader) {
		if (reader instanceof BeanDeserializerBase bean) {
			visitBean(part, bean);
		}
		else if (reader instanceof ContainerDeserializerBase<?> container) {
			visitContent(part, container.getContentType(), container.getContentDeserializer());
		}
		else if (reader instanceof StdConvertingDeserializer<?> && reader.getDelegatee().handledType() != null) {
			ValueDeserializer<?> delegatee = reader.getDelegatee();
			visit(part.as(this.context.constructType(delegatee.handledType())), delegatee, null);
		}
		else if (reader instanceof ReferenceTypeDeserializer<?> && part.type().getReferencedType() != null) {
			JavaType content = part.type().getReferencedType();
			visitContent(part, content, (content.getValueHandler() != null) ? null
					: this.context.findContextualValueDeserializer(content, null));
		}
	}

	private void visitContent(ResultPart part, @Nullable JavaType content, @Nullable ValueDeserializer<?> reader) {
		if (content != null && reader != null) {
			visit(part.content(content), reader, NamedTypes.of(content, this.context));
		}
	}

	private void visitBean(ResultPart part, BeanDeserializerBase bean) {
		ValueInstantiator maker = bean.getValueInstantiator();
		if (maker.canCreateUsingDelegate()) {
			requireType(part.as(maker.getDelegateType(this.context.getConfig())));
		}
		if (maker.canCreateUsingArrayDelegate()) {
			requireType(part.as(maker.getArrayDelegateType(this.context.getConfig())));
		}
		for (Iterator<SettableBeanProperty> properties = bean.properties(); properties.hasNext();) {
			SettableBeanProperty property = properties.next();
			visit(part.property(property.getName(), property.getType(), property.getMember()),
					property.getValueDeserializer(), NamedTypes.of(property));
		}
		visitSpread(part, bean);
	}

	/**
	 * Goes on with what is written among other properties, or told apart by one of them:
	 * a reader does not count that among its own.
	 */
	private void visitSpread(ResultPart part, BeanDeserializerBase bean) {
		for (ResultPart each : properties(part, bean.getValueType())) {
			AnnotatedMember member = each.member();
			NamedTypes names = (member != null) ? NamedTypes.beside(each.type(), member, this.context) : null;
			if (names != null) {
				visitNamed(each, names);
			}
			else if (member != null && this.context.getAnnotationIntrospector()
				.findUnwrappingNameTransformer(this.context.getConfig(), member) != null) {
				requireType(each);
			}
		}
		visitOthers(part, this.context.introspectBeanDescription(bean.getValueType()).findAnySetterAccessor());
	}

	/**
	 * Visits what the properties are read as that have no name.
	 */
	private void visitOthers(ResultPart part, @Nullable AnnotatedMember setter) {
		JavaType type = (setter instanceof AnnotatedMethod method) ? method.getParameterType(1)
				: (setter != null) ? setter.getType().getContentType() : null;
		if (type != null) {
			requireType(part.property("*", type, setter));
		}
	}

	private void visitNamed(ResultPart part, NamedTypes names) {
		if (names.areDeduced()) {
			throw part.unfit("is told apart by its properties, which takes names of classes, and none is followed",
					CONCRETE + ", or " + NAMED);
		}
		List<ResultPart> narrower = names.parts(part, this.context);
		if (narrower.isEmpty() && !names.areOpen()) {
			throw part.unfit("is abstract, and no concrete type has a name", "Name its types by @JsonSubTypes");
		}
		for (ResultPart each : narrower) {
			ValueDeserializer<?> reader = this.context.findContextualValueDeserializer(each.type(), null);
			requireReader(each, reader);
			if (this.types.add(each.type())) {
				visitParts(each, reader);
			}
		}
	}

	/**
	 * Finds the innermost part that cannot be read, where one of its parts makes a result
	 * unreadable.
	 */
	private IllegalArgumentException located(ResultPart part, JacksonException cause, Set<JavaType> searched) {
		if (NamedTypes.nameClasses(part, this.context)) {
			return followsNoClass(part, cause);
		}
		for (ResultPart inner : inner(part)) {
			if (searched.add(inner.type())) {
				try {
					this.context.findRootValueDeserializer(inner.type());
				}
				catch (JacksonException ex) {
					return located(inner, ex, searched);
				}
			}
			if (NamedTypes.nameClasses(inner, this.context)) {
				return followsNoClass(inner, cause);
			}
		}
		return hasUnreadableKeys(part) ? part.unfit("has keys that cannot be read", KEYS, cause)
				: part.unfit("cannot be read: " + cause.getOriginalMessage(), CONCRETE, cause);
	}

	private boolean hasUnreadableKeys(ResultPart part) {
		try {
			JavaType key = part.type().getKeyType();
			return key != null && this.context.findKeyDeserializer(key, null) == null;
		}
		catch (JacksonException ex) {
			return true;
		}
	}

	private List<ResultPart> inner(ResultPart part) {
		JavaType content = part.type().getContentType();
		return (content != null) ? List.of(part.content(content)) : properties(part, part.type());
	}

	private List<ResultPart> properties(ResultPart part, JavaType type) {
		List<ResultPart> properties = new ArrayList<>();
		for (BeanPropertyDefinition each : this.context.introspectBeanDescription(type).findProperties()) {
			properties.add(part.property(each.getName(), each.getPrimaryType(), each.getPrimaryMember()));
		}
		return properties;
	}

	private static IllegalArgumentException followsNoClass(ResultPart part, Exception cause) {
		return part.unfit("is read by the names of classes, and no class that the data names is followed",
				CONCRETE + ", or " + NAMED, cause);
	}

}
