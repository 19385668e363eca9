package dev.resilience.spring.autoconfigure;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.introspect.AnnotatedMember;

/**
 * A part of a result, as its type declares it: the result itself, a property, or what
 * such a one holds. Immutable.
 *
 * @param path where it is, as people read it
 * @param type what it is declared as
 * @param member what declares it, with its annotations, or {@code null}
 * @param typeId what names its type, or {@code null}
 */
record ResultPart(String path, JavaType type, @Nullable AnnotatedMember member, @Nullable TypeId typeId) {

	static ResultPart root(JavaType type) {
		return new ResultPart(type.getRawClass().getSimpleName(), type, null, null);
	}

	ResultPart property(String name, JavaType itsType, @Nullable AnnotatedMember itsMember) {
		return new ResultPart(this.path + "." + name, itsType, itsMember, null);
	}

	/**
	 * What a container holds. It is declared where the container is.
	 */
	ResultPart content(JavaType itsType) {
		return new ResultPart(this.path + "[]", itsType, this.member, null);
	}

	/**
	 * The same part, as it is when it is of a narrower type.
	 */
	ResultPart narrowed(JavaType narrower, @Nullable TypeId itsTypeId) {
		return new ResultPart(this.path + "<" + narrower.getRawClass().getSimpleName() + ">", narrower, this.member,
				itsTypeId);
	}

	/**
	 * The same part, read or written in the form of another type.
	 */
	ResultPart as(JavaType other) {
		return new ResultPart(this.path, other, this.member, this.typeId);
	}

	IllegalArgumentException unfit(String reason, String remedy) {
		return new IllegalArgumentException(told(reason, remedy));
	}

	IllegalArgumentException unfit(String reason, String remedy, Exception cause) {
		return new IllegalArgumentException(told(reason, remedy), cause);
	}

	private String told(String reason, String remedy) {
		return this.path + ", of type " + this.type.toCanonical() + ", " + reason + ". " + remedy;
	}

	/**
	 * The property that names the type of a part.
	 *
	 * @param name its name
	 * @param isWritten whether the part itself writes it
	 * @param isRead whether the part itself reads it
	 */
	record TypeId(String name, boolean isWritten, boolean isRead) {
	}

}
