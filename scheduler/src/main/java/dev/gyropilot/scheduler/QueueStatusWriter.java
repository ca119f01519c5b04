package dev.gyropilot.scheduler;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.queue.QueueSpec;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import dev.gyropilot.api.queue.QueueStatus;
import dev.gyropilot.brain.placement.queue.Amount;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Puts what was observed of a queue into words. */
final class QueueStatusWriter {
    private QueueStatusWriter() {}

    /** @param devicesServed whether the API serves the devices that a queue may share out */
    static QueueStatus status(Queue queue, QueueStatuses.Seen seen, boolean devicesServed, Instant now) {
        long generation = Objects.requireNonNullElse(queue.getMetadata().getGeneration(), 0L);
        List<Condition> before =
                queue.getStatus() == null ? List.of() : queue.getStatus().conditions();
        List<Condition> ready = Conditions.with(
                before,
                Conditions.READY,
                seen.problem().isEmpty(),
                seen.problem().isEmpty() ? "Accepted" : "ParentNotUsable",
                seen.problem().orElse("work is taken from it"),
                generation,
                now);
        return new QueueStatus(
                generation,
                amounts(seen.usage()),
                seen.running(),
                seen.pending(),
                supported(ready, queue.getSpec(), devicesServed, generation, now));
    }

    /** Told only when the cluster lacks something, or did. */
    private static List<Condition> supported(
            List<Condition> conditions, QueueSpec wish, boolean devicesServed, long generation, Instant now) {
        boolean lacking = !devicesServed && sharesDevices(wish);
        if (!lacking && Conditions.find(conditions, Conditions.SUPPORTED).isEmpty()) {
            return conditions;
        }
        return Conditions.with(
                conditions,
                Conditions.SUPPORTED,
                !lacking,
                lacking ? Conditions.DYNAMIC_RESOURCES_MISSING : "Supported",
                lacking
                        ? "the queue shares out devices, but this cluster does not serve resource.k8s.io/v1, by which they are"
                                + " claimed: use Kubernetes 1.34 or newer and start the scheduler again; cpu and memory are"
                                + " shared out all the same"
                        : "the cluster has what the queue shares out",
                generation,
                now);
    }

    private static boolean sharesDevices(QueueSpec wish) {
        return Stream.of(wish.guaranteed(), wish.limit())
                .anyMatch(amounts -> amounts != null && amounts.devices() != null && amounts.devices() > 0);
    }

    private static Amounts amounts(Amount amount) {
        return new Amounts(
                amount.deviceMillis() / 1000.0,
                amount.cpuMillis() / 1000.0,
                Math.round(100 * amount.memoryBytes() / QueueFeed.GIB) / 100.0);
    }
}
