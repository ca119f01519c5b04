package dev.gyropilot.ledger;

import java.time.Instant;

/** Usage records for tests. */
final class Records {
    static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private Records() {}

    static UsageRecord record(String id) {
        return record(id, NOON, "alice", "chat", 10, 5, 200);
    }

    static UsageRecord record(
            String id, Instant time, String key, String service, long input, long output, int status) {
        return new UsageRecord(
                id, time, key, "default", service, "r1", "pod-1", "chat", input, output, 2, status, true, 1_500L,
                20_000, 300, 4_000);
    }
}
