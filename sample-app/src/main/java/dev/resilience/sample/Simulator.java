package dev.resilience.sample;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * A payment provider whose failures and latency can be set, and for how many charges it
 * is too busy. It counts the charges that it really made, and declines the customer
 * {@code broke}.
 */
@RestController
class Simulator {

	private final AtomicLong charges = new AtomicLong();

	private final AtomicInteger busy = new AtomicInteger();

	private volatile double failureRate;

	private volatile long latencyMs;

	@PostMapping("/provider/charges")
	ResponseEntity<Payments.Charge> charge(@RequestBody Map<String, Object> charge) throws InterruptedException {
		if (this.busy.getAndUpdate((left) -> Math.max(0, left - 1)) > 0) {
			return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).header(HttpHeaders.RETRY_AFTER, "1").build();
		}
		respondLater();
		if (ThreadLocalRandom.current().nextDouble() < this.failureRate) {
			return ResponseEntity.internalServerError().build();
		}
		if ("broke".equals(charge.get("customerId"))) {
			return ResponseEntity.status(HttpStatus.PAYMENT_REQUIRED).build();
		}
		this.charges.incrementAndGet();
		return ResponseEntity.ok(new Payments.Charge(UUID.randomUUID().toString()));
	}

	@GetMapping("/simulator")
	State state() {
		return new State(this.failureRate, this.latencyMs, this.busy.get(), this.charges.get());
	}

	@PostMapping("/simulator")
	State set(@RequestBody Settings settings) {
		double rate = (settings.failureRate() != null) ? settings.failureRate() : this.failureRate;
		long latency = (settings.latencyMs() != null) ? settings.latencyMs() : this.latencyMs;
		if (!(rate >= 0 && rate <= 1)) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "'failureRate' must be from 0 to 1");
		}
		if (latency < 0 || latency > 60_000) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "'latencyMs' must be from 0 to 60000");
		}
		int busyFor = (settings.busy() != null) ? settings.busy() : this.busy.get();
		if (busyFor < 0 || busyFor > 100) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "'busy' must be from 0 to 100");
		}
		this.busy.set(busyFor);
		this.failureRate = rate;
		this.latencyMs = latency;
		return state();
	}

	private void respondLater() throws InterruptedException {
		new Semaphore(0).tryAcquire(this.latencyMs, TimeUnit.MILLISECONDS);
	}

	record Settings(@Nullable Double failureRate, @Nullable Long latencyMs, @Nullable Integer busy) {
	}

	record State(double failureRate, long latencyMs, int busy, long charges) {
	}

}
