package dev.resilience.redis;

import java.time.Duration;
import java.time.Instant;

import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;

/**
 * A record, and how much longer it stays.
 *
 * @param record the record
 * @param left in milliseconds
 */
record RecordSight(RecordBytes record, long left) {

	Duration leaseLeft() {
		return Duration.ofMillis(Math.max(0, this.left - this.record.ttlMillis()));
	}

	Status status() {
		if (this.record.isCompleted()) {
			return Status.COMPLETED;
		}
		return (this.record.isAbandoned() || leaseLeft().isZero()) ? Status.ABANDONED : Status.IN_PROGRESS;
	}

	StoredRecord view() {
		Status status = status();
		boolean completed = status == Status.COMPLETED;
		RecordBytes.Head head = this.record.head();
		return new StoredRecord(status, completed ? this.record.result() : null,
				(head != null) ? Instant.ofEpochMilli(head.claimedAt()) : null,
				completed ? Instant.ofEpochMilli(this.record.endedAt()) : null, this.record.owner(),
				(status == Status.IN_PROGRESS) ? leaseLeft() : Duration.ofMillis(Math.max(0, this.left)));
	}

}
