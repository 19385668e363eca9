package dev.resilience.retry;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A callee that answers in turn as it is told: with values, and with exceptions. The last
 * answer is given for ever.
 */
final class Flaky implements Callable<Object>, Supplier<CompletionStage<Object>> {

	private final Deque<Object> answers;

	private int calls;

	Flaky(Object... answers) {
		this.answers = new ArrayDeque<>(Arrays.asList(answers));
	}

	int calls() {
		return this.calls;
	}

	@Override
	public Object call() throws Exception {
		Object answer = next();
		if (answer instanceof Exception failure) {
			throw failure;
		}
		if (answer instanceof Error failure) {
			throw failure;
		}
		return answer;
	}

	@Override
	public CompletionStage<Object> get() {
		Object answer = next();
		return (answer instanceof Throwable failure) ? CompletableFuture.failedFuture(failure)
				: CompletableFuture.completedFuture(answer);
	}

	private Object next() {
		this.calls++;
		return (this.answers.size() > 1) ? this.answers.removeFirst() : this.answers.getFirst();
	}

}
