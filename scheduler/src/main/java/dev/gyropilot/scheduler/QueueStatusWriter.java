package dev.gyropilot.scheduler;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import dev.gyropilot.api.queue.QueueStatus;
import dev.gyropilot.brain.placement.queue.Amount;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** Puts what was observed of a queue into words. */
final class QueueStatusWriter {
    private QueueStatusWriter() {}

    static QueueStatus status(Queue queue, QueueStatuses.Seen seen, Instant now) {
        long generation = Objects.requireNonNullElse(queue.getMetadata().getGeneration(), 0L);
        return new QueueStatus(
                generation,
                amounts(seen.usage()),
                seen.running(),
                seen.pending(),
                Conditions.with(
                        queue.getStatus() == null
                                ? List.of()
                                : queue.getStatus().conditions(),
                        Conditions.READY,
                        seen.problem().isEmpty(),
                        seen.problem().isEmpty() ? "Accepted" : "ParentNotUsable",
                        seen.problem().orElse("work is taken from it"),
                        generation,
                        now));
    }

    private static Amounts amounts(Amount amount) {
        return new Amounts(
                amount.deviceMillis() / 1000.0,
                amount.cpuMillis() / 1000.0,
                Math.round(100 * amount.memoryBytes() / QueueFeed.GIB) / 100.0);
    }
}
