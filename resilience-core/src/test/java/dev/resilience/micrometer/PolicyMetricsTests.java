package dev.resilience.micrometer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicyRegistry;
import dev.resilience.PolicySnapshot;
import dev.resilience.Trap;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.FakeTicker;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class PolicyMetricsTests {

	private final FakeTicker ticker = new FakeTicker();

	private final MeterRegistry meters = new SimpleMeterRegistry();

	private final PolicyRegistry<Valve> valves = new PolicyRegistry<>(Valve.TYPE);

	private final PolicyRegistry<RateLimiter> limiters = new PolicyRegistry<>(RateLimiter.TYPE);

	private final PolicyMetrics metrics = new PolicyMetrics(List.of(this.valves, this.limiters), this.ticker);

	@Test
	void bindToWhenPolicyIsThereShouldCountCallsAndRejections() {
		RateLimiter limiter = this.limiters.register(limiter("orders"));
		this.metrics.bindTo(this.meters);
		for (int call = 0; call < 5; call++) {
			limiter.tryAcquirePermit();
		}
		String[] tags = { "type", "rate-limiter", "name", "orders" };
		assertThat(counter("resilience.calls", tags, "outcome", "granted")).isEqualTo(3);
		assertThat(counter("resilience.calls", tags, "outcome", "waited")).isZero();
		assertThat(counter("resilience.rejections", tags, "reason", "limit")).isEqualTo(2);
		assertThat(counter("resilience.rejections", tags, "reason", "max-waiting")).isZero();
		assertThat(gauge("resilience.state", tags, "state", "EXHAUSTED")).isEqualTo(1);
		assertThat(gauge("resilience.state", tags, "state", "AVAILABLE")).isZero();
		assertThat(gauge("resilience.rate.limiter.acceptance.rate", tags)).isEqualTo(0.6);
		assertThat(gauge("resilience.rate.limiter.available", tags)).isZero();
	}

	@Test
	void bindToWhenPolicyIsAddedLaterShouldFollow() {
		this.metrics.bindTo(this.meters);
		assertThat(this.meters.getMeters()).isEmpty();
		this.valves.register(new Valve("water", this.ticker));
		assertThat(gauge("resilience.state", new String[] { "type", "valve", "name", "water" }, "state", "OPEN"))
			.isEqualTo(1);
	}

	@Test
	void bindToWhenPolicyIsRemovedShouldRemoveItsMetersOnly() {
		this.metrics.bindTo(this.meters);
		Valve water = this.valves.register(new Valve("water", this.ticker));
		this.valves.register(new Valve("gas", this.ticker));
		water.turn("SHUT");
		awaitTransition("water", "OPEN", "SHUT");
		this.valves.remove("water");
		assertThat(this.meters.find("resilience.state").tag("name", "gas").meters()).hasSize(2);
		assertThat(this.meters.getMeters()).noneMatch((meter) -> "water".equals(meter.getId().getTag("name")));
		this.valves.remove("gas");
		assertThat(this.meters.getMeters()).isEmpty();
	}

	@Test
	void bindToWhenRemovedPolicyStillChangesShouldNotBringItBack() {
		this.metrics.bindTo(this.meters);
		Valve water = this.valves.register(new Valve("water", this.ticker));
		Valve gas = this.valves.register(new Valve("gas", this.ticker));
		this.valves.remove("water");
		water.turn("SHUT");
		gas.turn("SHUT");
		awaitTransition("gas", "OPEN", "SHUT");
		assertThat(this.meters.getMeters()).noneMatch((meter) -> "water".equals(meter.getId().getTag("name")));
	}

	@Test
	void bindToWhenPolicyIsReplacedShouldMeasureTheNewOne() {
		this.metrics.bindTo(this.meters);
		this.limiters.register(limiter("orders")).tryAcquirePermit();
		this.limiters.remove("orders");
		this.limiters.register(limiter("orders"));
		String[] tags = { "type", "rate-limiter", "name", "orders" };
		assertThat(counter("resilience.calls", tags, "outcome", "granted")).isZero();
	}

	@Test
	void transitionsWhenTheyHappenShouldAppear() {
		Valve valve = this.valves.register(new Valve("water", this.ticker));
		valve.turn("SHUT");
		this.metrics.bindTo(this.meters);
		assertThat(transition("water", "OPEN", "SHUT")).isEqualTo(1);
		assertThatExceptionOfType(MeterNotFoundException.class).isThrownBy(() -> transition("water", "SHUT", "OPEN"));
		this.ticker.advance(Duration.ofSeconds(1));
		valve.turn("OPEN");
		valve.turn("SHUT");
		awaitTransition("water", "SHUT", "OPEN");
		assertThat(transition("water", "SHUT", "OPEN")).isEqualTo(1);
		assertThat(transition("water", "OPEN", "SHUT")).isEqualTo(2);
		assertThat(this.meters.find("resilience.transitions").meters()).hasSize(2);
	}

	@Test
	void scrapeWhenManyMetersAreReadShouldTakeOneSnapshot() {
		Valve valve = this.valves.register(new Valve("water", this.ticker));
		this.metrics.bindTo(this.meters);
		int before = valve.snapshots.get();
		scrape();
		scrape();
		assertThat(valve.snapshots.get() - before).isEqualTo(1);
		this.ticker.advance(Duration.ofMillis(100));
		scrape();
		assertThat(valve.snapshots.get() - before).isEqualTo(2);
		this.ticker.advance(Duration.ofMinutes(-1));
		scrape();
		assertThat(valve.snapshots.get() - before).isEqualTo(3);
	}

	@Test
	void bindToWhenSeveralRegistriesAreBoundShouldFeedEach() {
		MeterRegistry second = new SimpleMeterRegistry();
		this.metrics.bindTo(this.meters);
		this.metrics.bindTo(second);
		this.limiters.register(limiter("orders"));
		assertThat(second.getMeters()).hasSameSizeAs(this.meters.getMeters()).isNotEmpty();
		this.limiters.remove("orders");
		assertThat(second.getMeters()).isEmpty();
	}

	@Test
	void bindToWhenOnSystemTimeShouldMeasure() {
		this.limiters.register(limiter("orders"));
		PolicyMetrics.of(this.limiters).bindTo(this.meters);
		assertThat(gauge("resilience.rate.limiter.available", new String[] { "name", "orders" })).isEqualTo(3);
	}

	@Test
	void metersShouldBeFitForPrometheus() {
		this.metrics.bindTo(this.meters);
		this.limiters.register(limiter("orders"));
		this.valves.register(new Valve("water", this.ticker)).turn("SHUT");
		awaitTransition("water", "OPEN", "SHUT");
		assertThat(this.meters.getMeters()).allSatisfy((meter) -> {
			Meter.Id id = meter.getId();
			assertThat(id.getConventionName(NamingConvention.snakeCase)).matches("resilience(_[a-z]+)+")
				.doesNotEndWith("_total")
				.doesNotMatch(".*_(ms|millis|nanos|count|sum|bucket|info|gauge|counter)");
			assertThat(id.getDescription()).isNotBlank();
			assertThat(id.getTags()).extracting(Tag::getKey).allMatch((key) -> key.matches("[a-z]+"));
		});
		Map<String, List<Meter>> byName = this.meters.getMeters()
			.stream()
			.collect(Collectors.groupingBy((meter) -> meter.getId().getName()));
		assertThat(byName.values()).allSatisfy((same) -> assertThat(same)
			.extracting((meter) -> meter.getId().getTags().stream().map(Tag::getKey).toList())
			.containsOnly(same.get(0).getId().getTags().stream().map(Tag::getKey).toList()));
	}

	@Test
	@Trap(47)
	void callWhenKeysVaryWithoutEndShouldMintNoMeter() throws Exception {
		this.metrics.bindTo(this.meters);
		RateLimiter limiter = this.limiters.register(limiter("orders"));
		int before = this.meters.getMeters().size();
		for (int key = 0; key < 10_000; key++) {
			CallContext context = CallContext.ofKey("customer-" + key);
			limiter.call(context, () -> "done");
			while (limiter.tryAcquire(context) instanceof Permit) {
				scrapeOne();
			}
		}
		assertThat(this.meters.getMeters()).hasSize(before);
		assertThat(this.meters.getMeters()).noneMatch((meter) -> meter.getId().toString().contains("customer"));
	}

	@Test
	@Trap(47)
	void registerWhenNamesVaryWithoutEndShouldRefuseAtTheCap() {
		this.metrics.bindTo(this.meters);
		for (int name = 0; name < PolicyRegistry.MAX_POLICIES; name++) {
			this.valves.register(new Valve("valve-" + name, this.ticker));
		}
		int before = this.meters.getMeters().size();
		for (int name = 0; name < 10; name++) {
			String surplus = "surplus-" + name;
			assertThatIllegalStateException()
				.isThrownBy(() -> this.valves.getOrCreate(surplus, (unused) -> new Valve(surplus, this.ticker)))
				.withMessageContaining("use one policy with keys");
		}
		assertThat(this.meters.getMeters()).hasSize(before);
	}

	private RateLimiter limiter(String name) {
		return new RateLimiter(name, RateLimiterConfig.builder().limit(3).build(), this.ticker.source());
	}

	private void scrape() {
		this.meters.getMeters().forEach((meter) -> meter.measure().forEach((measurement) -> measurement.getValue()));
	}

	private void scrapeOne() {
		assertThat(gauge("resilience.rate.limiter.available", new String[] { "name", "orders" })).isEqualTo(3);
	}

	private double counter(String name, String[] tags, String... more) {
		return this.meters.get(name).tags(tags).tags(more).functionCounter().count();
	}

	private double gauge(String name, String[] tags, String... more) {
		return this.meters.get(name).tags(tags).tags(more).gauge().value();
	}

	private double transition(String name, String from, String to) {
		return counter("resilience.transitions", new String[] { "type", "valve", "name", name }, "from", from, "to",
				to);
	}

	private void awaitTransition(String name, String from, String to) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.meters.find("resilience.transitions")
				.tags("name", name, "from", from, "to", to)
				.functionCounter() != null);
	}

	/**
	 * A pattern that exists nowhere else.
	 */
	private static final class Valve extends Gate {

		static final String TYPE = "valve";

		final AtomicInteger snapshots = new AtomicInteger();

		private final Map<String, Long> transitions = new ConcurrentSkipListMap<>();

		private volatile String state = "OPEN";

		Valve(String name, FakeTicker ticker) {
			super(TYPE, name, ticker.source(), List.of());
		}

		void turn(String state) {
			this.transitions.merge(this.state + "->" + state, 1L, Long::sum);
			this.state = state;
			publish("transition", this + " is " + state, Map.of());
		}

		@Override
		protected Admission admit(CallContext context) {
			return Permit.INERT;
		}

		@Override
		public PolicySnapshot snapshot() {
			this.snapshots.getAndIncrement();
			return PolicySnapshot.of(this, this.state, List.of("OPEN", "SHUT"))
				.transitions(Map.copyOf(this.transitions))
				.build();
		}

	}

}
