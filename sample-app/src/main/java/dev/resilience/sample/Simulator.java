package dev.resilience.sample;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * A payment provider whose failures and latency can be set. It counts the charges that it
 * really made, and declines the customer {@code broke}.
 */
@RestController
class Simulator {

	private final AtomicLong charges = new AtomicLong();

	private volatile double failureRate;

	private volatile long latencyMs;

	@PostMapping("/provider/charges")
	ResponseEntity<Payments.Charge> charge(@RequestBody Map<String, Object> charge) throws InterruptedException {
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
		return new State(this.failureRate, this.latencyMs, this.charges.get());
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
		this.failureRate = rate;
		this.latencyMs = latency;
		return state();
	}

	private void respondLater() throws InterruptedException {
		new Semaphore(0).tryAcquire(this.latencyMs, TimeUnit.MILLISECONDS);
	}

	record Settings(@Nullable Double failureRate, @Nullable Long latencyMs) {
	}

	record State(double failureRate, long latencyMs, long charges) {
	}

}
