package dev.resilience.spring.aop;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

import dev.resilience.CallRejectedException;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.idempotency.IdempotencyKeyException;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.diagnostics.FailureAnalysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Methods that answer in the place of others.
 */
class FallbackMethodsTests {

	@Test
	void fallbackWithoutFailureParameterShouldLeaveErrors() {
		Starter.run((context) -> {
			Broken bean = context.getBean(Broken.class);
			assertThat(bean.call(new IllegalStateException("broken"))).isEqualTo("instead");
			assertThat(Starter.thrown(() -> bean.call(new StackOverflowError("broken"))))
				.isInstanceOf(StackOverflowError.class);
			assertThat(bean.any(new StackOverflowError("broken"))).isEqualTo("any");
		}, Broken.class);
	}

	@Test
	void fallbackWithClosestFailureTypeShouldAnswer() {
		Starter.run((context) -> {
			Closest bean = context.getBean(Closest.class);
			assertThat(bean.read("a", new FileNotFoundException())).isEqualTo("a: no file");
			assertThat(bean.read("a", new IOException())).isEqualTo("a: IO");
			assertThat(bean.read("a", new IllegalStateException())).isEqualTo("a: any");
			Starter.breaker(context, "patient").forceOpen("test");
			assertThat(bean.read("a", new FileNotFoundException())).isEqualTo("a: rejected");
		}, Closest.class);
	}

	@Test
	void chainShouldGoOnWithTheFailureOfTheOneBefore() {
		Starter.run((context) -> {
			Chain bean = context.getBean(Chain.class);
			assertThat(bean.read()).isEqualTo("from cache after UncheckedIOException");
			assertThatIllegalStateException().isThrownBy(bean::hopeless)
				.satisfies((failure) -> assertThat(failure.getSuppressed()).hasSize(1));
		}, Chain.class);
	}

	@Test
	void fallbacksOfSeveralAnnotationsShouldFormAChainOutermostFirst() {
		Starter.run((context) -> assertThat(context.getBean(Several.class).read()).isEqualTo("switch, then breaker"),
				Several.class);
	}

	@Test
	void asynchronousFallbackShouldAnswerInTheSameForm() {
		Starter.run((context) -> {
			Asynchronous bean = context.getBean(Asynchronous.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean.stage("a").toCompletableFuture()).isCompletedWithValue("stage a");
			assertThat(bean.future("a")).isCompletedWithValue("future a");
			assertThat(bean.mono("a").block()).isEqualTo("mono a");
			assertThat(bean.empty("a").blockOptional()).isEmpty();
			Starter.breaker(context, "payments").reset("test");
			assertThat(bean.mono("a").block()).isEqualTo("mono a");
		}, Asynchronous.class);
	}

	@Test
	void fallbackOfMonoShouldSeeTheSubscribersContext() {
		Starter.run((context) -> {
			Starter.breaker(context, "payments").forceOpen("test");
			Mono<String> mono = context.getBean(Asynchronous.class).contextual();
			assertThat(mono.contextWrite((view) -> view.put("user", "alice")).block()).isEqualTo("alice");
		}, Asynchronous.class);
	}

	@Test
	void fallbackShouldNotAnswerAnActiveSwitchUnlessItNamesExactlyIt() {
		Starter.run((context) -> {
			Emergency bean = context.getBean(Emergency.class);
			Starter.stop(context, "payments");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(bean::anything);
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(bean::anyRejection);
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> bean.reactive().block());
			assertThat(bean.exactly()).isEqualTo("stopped");
		}, Emergency.class);
	}

	@Test
	void fallbackShouldNotAnswerAnIdempotencyRejectionUnlessItNamesExactlyIt() {
		Starter.run((context) -> {
			Keyed bean = context.getBean(Keyed.class);
			assertThatExceptionOfType(IdempotencyKeyException.class).isThrownBy(() -> bean.anything(""));
			assertThatExceptionOfType(IdempotencyKeyException.class).isThrownBy(() -> bean.supertype(""));
			assertThat(bean.exactly("")).isEqualTo("no key");
		}, Keyed.class);
	}

	@Test
	@Trap(26)
	void fallbackThatIsPrivateStaticOrInheritedShouldWork() {
		Starter.run((context) -> {
			Starter.breaker(context, "payments").forceOpen("test");
			Hidden bean = context.getBean(Hidden.class);
			assertThat(bean.withPrivate("a")).isEqualTo("private a");
			assertThat(bean.withStatic("a")).isEqualTo("static a");
			assertThat(bean.withInherited("a")).isEqualTo("inherited a");
			assertThat(bean.withDefault("a")).isEqualTo("default a");
		}, Hidden.class);
	}

	@Test
	void fallbackShouldReadAndWriteFieldsOfTheBeanItself() {
		Starter.run((context) -> {
			Stateful bean = context.getBean(Stateful.class);
			bean.read();
			bean.read();
			assertThat(bean.count()).isEqualTo(2);
		}, Stateful.class);
	}

	@Test
	void fallbackOfGenericMethodShouldFit() {
		Starter.run((context) -> {
			@SuppressWarnings("unchecked")
			UnaryOperator<String> bean = context.getBean("Generic", UnaryOperator.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean.apply("a")).isEqualTo("instead of a");
		}, Generic.class);
	}

	@Test
	void failureAsOrdinaryArgumentShouldNotBeReplaced() {
		Starter.run((context) -> {
			Throwable argument = new IOException("argument");
			assertThat(context.getBean(FailureArgument.class).log(argument)).isSameAs(argument);
		}, FailureArgument.class);
	}

	@Test
	void fallbackShouldServePrimitivesAndVoid() {
		Starter.run((context) -> {
			Primitive bean = context.getBean(Primitive.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(bean.count(1)).isEqualTo(-1);
			bean.run();
			assertThat(bean.ran()).isTrue();
		}, Primitive.class);
	}

	@Test
	void checkedExceptionOfFallbackShouldComeOutAsItIs() {
		Starter.run((context) -> {
			CheckedFallback bean = context.getBean(CheckedFallback.class);
			assertThatExceptionOfType(IOException.class).isThrownBy(bean::read)
				.satisfies((failure) -> assertThat(failure.getSuppressed()).hasSize(1));
		}, CheckedFallback.class);
	}

	@Test
	@Trap(26)
	void fallbackThatIsMissingShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Missing.class);
		assertThat(told.getDescription()).contains("Missing.read(String)",
				"its fallback 'elsewhere' does not exist; nearest: [", "read");
		assertThat(told.getAction()).contains("Missing", "String elsewhere(");
	}

	@ParameterizedTest
	@Trap(26)
	@ValueSource(classes = { OtherParameters.class, OtherReturnType.class, NoFailureLast.class, TooMany.class,
			OtherGenericReturnType.class, PlainForMono.class, Itself.class })
	void fallbackThatDoesNotFitShouldFailTheStart(Class<?> bean) {
		FailureAnalysis told = Starter.fail(bean);
		assertThat(told.getDescription()).contains(bean.getSimpleName(), "its fallback 'other' does not fit", "other(");
		assertThat(told.getAction()).contains("with the same parameters");
	}

	@Test
	@Trap(26)
	void secondFallbackOfAChainThatIsMissingShouldFailTheStart() {
		assertThat(Starter.fail(MissingSecond.class).getDescription()).contains("'second' does not exist");
	}

	@Test
	void twoFallbacksForOneFailureShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Ambiguous.class);
		assertThat(told.getDescription()).contains("two methods named 'other'");
		assertThat(told.getAction()).contains("Keep one for each type of failure");
	}

	static class Closest {

		@CircuitProtected(value = "patient", fallback = "other")
		public String read(String name, Exception failure) throws Exception {
			throw failure;
		}

		String other(String name, Exception failure, FileNotFoundException cause) {
			return name + ": no file";
		}

		String other(String name, Exception failure, IOException cause) {
			return name + ": IO";
		}

		String other(String name, Exception failure, CircuitOpenException cause) {
			return name + ": rejected";
		}

		String other(String name, Exception failure) {
			return name + ": any";
		}

	}

	static class Chain {

		@CircuitProtected(value = "payments", fallback = { "fromBackup", "fromCache" })
		public String read() {
			throw new IllegalStateException("first");
		}

		String fromBackup(IllegalStateException cause) {
			throw new UncheckedIOException(new IOException("second"));
		}

		String fromCache(Exception cause) {
			return "from cache after " + cause.getClass().getSimpleName();
		}

		@CircuitProtected(value = "other", fallback = "fromBackup")
		public String hopeless() {
			throw new IllegalStateException("first");
		}

	}

	static class Several {

		@CircuitProtected(value = "payments", fallback = "ofBreaker")
		@KillSwitched(value = "payments", fallback = "ofSwitch")
		public String read() {
			throw new IllegalStateException("first");
		}

		String ofBreaker(Exception cause) {
			return cause.getMessage() + ", then breaker";
		}

		String ofSwitch(Exception cause) {
			throw new IllegalStateException("switch");
		}

	}

	static class Asynchronous {

		@CircuitProtected(value = "payments", fallback = "otherStage")
		public CompletionStage<String> stage(String text) {
			return new CompletableFuture<>();
		}

		CompletableFuture<String> otherStage(String text, CallRejectedException cause) {
			return CompletableFuture.completedFuture("stage " + text);
		}

		@CircuitProtected(value = "payments", fallback = "otherFuture")
		public CompletableFuture<String> future(String text) {
			return new CompletableFuture<>();
		}

		CompletableFuture<String> otherFuture(String text) {
			return CompletableFuture.supplyAsync(() -> "future " + text, Runnable::run);
		}

		@CircuitProtected(value = "payments", fallback = "otherMono")
		public Mono<String> mono(String text) {
			return Mono.error(new IllegalStateException("failed"));
		}

		Mono<String> otherMono(String text, Throwable cause) {
			return Mono.just("mono " + text);
		}

		@CircuitProtected(value = "payments", fallback = "otherEmpty")
		public Mono<String> empty(String text) {
			return Mono.just(text);
		}

		Mono<String> otherEmpty(String text) {
			return Mono.empty();
		}

		@CircuitProtected(value = "payments", fallback = "otherContextual")
		public Mono<String> contextual() {
			return Mono.just("callee");
		}

		Mono<String> otherContextual() {
			return Mono.deferContextual((view) -> Mono.just(view.get("user")));
		}

	}

	static class Emergency {

		@KillSwitched(value = "payments", fallback = "any")
		public String anything() {
			return "called";
		}

		String any() {
			return "papered over";
		}

		@KillSwitched(value = "payments", fallback = "rejection")
		public String anyRejection() {
			return "called";
		}

		String rejection(CallRejectedException cause) {
			return "papered over";
		}

		@KillSwitched(value = "payments", fallback = "otherMono")
		public Mono<String> reactive() {
			return Mono.just("called");
		}

		Mono<String> otherMono(Throwable cause) {
			return Mono.just("papered over");
		}

		@KillSwitched(value = "payments", fallback = "stop")
		public String exactly() {
			return "called";
		}

		String stop(KillSwitchActiveException cause) {
			return "stopped";
		}

	}

	static class Keyed {

		@Idempotent(operation = "anything", key = "#key", fallback = "any")
		public String anything(String key) {
			return "called";
		}

		String any(String key) {
			return "papered over";
		}

		@Idempotent(operation = "supertype", key = "#key", fallback = "rejection")
		public String supertype(String key) {
			return "called";
		}

		String rejection(String key, CallRejectedException cause) {
			return "papered over";
		}

		@Idempotent(operation = "exactly", key = "#key", fallback = "noKey")
		public String exactly(String key) {
			return "called";
		}

		String noKey(String key, IdempotencyKeyException cause) {
			return "no key";
		}

	}

	interface WithDefault {

		default String byDefault(String text) {
			return "default " + text;
		}

	}

	static class Ancestor {

		String inherited(String text) {
			return "inherited " + text;
		}

	}

	static class Hidden extends Ancestor implements WithDefault {

		@CircuitProtected(value = "payments", fallback = "hidden")
		public String withPrivate(String text) {
			return text;
		}

		@SuppressWarnings("UnusedMethod")
		private String hidden(String text) {
			return "private " + text;
		}

		@CircuitProtected(value = "payments", fallback = "constant")
		public String withStatic(String text) {
			return text;
		}

		static String constant(String text) {
			return "static " + text;
		}

		@CircuitProtected(value = "payments", fallback = "inherited")
		public String withInherited(String text) {
			return text;
		}

		@CircuitProtected(value = "payments", fallback = "byDefault")
		public String withDefault(String text) {
			return text;
		}

	}

	static class Stateful {

		private int count;

		@CircuitProtected(value = "payments", fallback = "other")
		public void read() {
			throw new IllegalStateException("failed");
		}

		void other() {
			this.count++;
		}

		int count() {
			return this.count;
		}

	}

	abstract static class GenericParent<T> implements UnaryOperator<T> {

		abstract T instead(T value, CallRejectedException cause);

	}

	static class Generic extends GenericParent<String> {

		@Override
		@CircuitProtected(value = "payments", fallback = "instead")
		public String apply(String text) {
			return text;
		}

		@Override
		String instead(String text, CallRejectedException cause) {
			return "instead of " + text;
		}

	}

	static class FailureArgument {

		@CircuitProtected(value = "payments", fallback = "other")
		public Throwable log(Throwable argument) {
			throw new IllegalStateException("failed");
		}

		Throwable other(Throwable argument) {
			return argument;
		}

	}

	static class Primitive {

		private boolean ran;

		@CircuitProtected(value = "payments", fallback = "other")
		public int count(int start) {
			return start;
		}

		Integer other(Integer start) {
			return -start;
		}

		@CircuitProtected(value = "payments", fallback = "otherRun")
		public void run() {
		}

		String otherRun() {
			this.ran = true;
			return "ignored";
		}

		boolean ran() {
			return this.ran;
		}

	}

	static class CheckedFallback {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read() throws IOException {
			throw new IOException("callee");
		}

		String other() throws IOException {
			throw new IOException("fallback");
		}

	}

	static class Missing {

		@CircuitProtected(value = "payments", fallback = "elsewhere")
		public String read(String name) {
			return name;
		}

	}

	static class MissingSecond {

		@CircuitProtected(value = "payments", fallback = { "first", "second" })
		public String read(String name) {
			return name;
		}

		String first(String name) {
			return name;
		}

	}

	static class OtherParameters {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read(String name) {
			return name;
		}

		String other(Integer name) {
			return "";
		}

	}

	static class OtherReturnType {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read() {
			return "";
		}

		Integer other() {
			return 1;
		}

	}

	static class OtherGenericReturnType {

		@CircuitProtected(value = "payments", fallback = "other")
		public CompletionStage<String> read() {
			return new CompletableFuture<>();
		}

		CompletionStage<Integer> other() {
			return new CompletableFuture<>();
		}

	}

	static class PlainForMono {

		@CircuitProtected(value = "payments", fallback = "other")
		public Mono<String> read() {
			return Mono.empty();
		}

		String other() {
			return "";
		}

	}

	static class NoFailureLast {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read(String name) {
			return name;
		}

		String other(String name, String cause) {
			return "";
		}

	}

	static class TooMany {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read() {
			return "";
		}

		String other(Exception first, Exception second) {
			return "";
		}

	}

	static class Itself {

		@CircuitProtected(value = "payments", fallback = "other")
		public String other(String name) {
			return name;
		}

	}

	static class Ambiguous {

		@CircuitProtected(value = "payments", fallback = "other")
		public String read() {
			return "";
		}

		String other() {
			return "";
		}

		String other(Exception cause) {
			return "";
		}

	}

	static class Broken {

		@CircuitProtected(value = "patient", fallback = "instead")
		public String call(Throwable failure) {
			return fail(failure);
		}

		@CircuitProtected(value = "patient", fallback = "anyway")
		public String any(Throwable failure) {
			return fail(failure);
		}

		String instead(Throwable argument) {
			return "instead";
		}

		String anyway(Throwable argument, Throwable failure) {
			return "any";
		}

		private static String fail(Throwable failure) {
			if (failure instanceof Error error) {
				throw error;
			}
			throw (RuntimeException) failure;
		}

	}

}
