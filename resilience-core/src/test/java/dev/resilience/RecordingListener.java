package dev.resilience;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.awaitility.Awaitility;

/**
 * Keeps every event it hears.
 */
public final class RecordingListener implements PolicyListener {

	private final List<PolicyEvent> events = new CopyOnWriteArrayList<>();

	@Override
	public void onEvent(PolicyEvent event) {
		this.events.add(event);
	}

	/**
	 * Waits until a number of events has arrived.
	 * @param count how many
	 * @return the events so far
	 */
	public List<PolicyEvent> await(int count) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.events.size() >= count);
		return List.copyOf(this.events);
	}

	/**
	 * The events so far.
	 * @return a copy
	 */
	public List<PolicyEvent> events() {
		return List.copyOf(this.events);
	}

}
