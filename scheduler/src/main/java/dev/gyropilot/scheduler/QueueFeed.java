package dev.gyropilot.scheduler;

import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.api.queue.QueueSpec;
import dev.gyropilot.api.queue.QueueSpec.Amounts;
import dev.gyropilot.api.queue.QueueSpec.Borrowing;
import dev.gyropilot.api.queue.QueueSpec.Preemption;
import dev.gyropilot.api.queue.QueueSpec.WithinQueue;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.brain.placement.queue.QueueRules.Reclaim;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a Queue means to the scheduler. */
final class QueueFeed implements Feed.Reader<Queue> {
    static final double GIB = 1L << 30;

    @Override
    public Change present(Queue object) {
        QueueRules rules = read(object);
        return (world, waiting) -> {
            world.jobs().queue(rules);
            return Set.of();
        };
    }

    @Override
    public Change gone(Queue object) {
        String name = object.getMetadata().getName();
        return (world, waiting) -> {
            world.jobs().queueGone(name);
            return Set.of();
        };
    }

    static QueueRules read(Queue object) {
        QueueSpec spec = object.getSpec();
        Preemption preemption = spec.preemption();
        return new QueueRules(
                object.getMetadata().getName(),
                Optional.ofNullable(spec.parent()),
                amount(spec.guaranteed(), 0, -1),
                amount(spec.limit(), Long.MAX_VALUE, Long.MAX_VALUE),
                spec.weight() == null ? 1 : spec.weight(),
                spec.borrowing() != Borrowing.Never,
                reclaim(preemption),
                preemption == null || preemption.withinQueue() != WithinQueue.Never);
    }

    private static Reclaim reclaim(@Nullable Preemption preemption) {
        if (preemption == null || preemption.reclaim() == null) {
            return Reclaim.ANY;
        }
        return switch (preemption.reclaim()) {
            case Any -> Reclaim.ANY;
            case LowerPriority -> Reclaim.LOWER_PRIORITY;
            case Never -> Reclaim.NEVER;
        };
    }

    private static Amount amount(@Nullable Amounts amounts, long devices, long others) {
        return amounts == null
                ? new Amount(devices, others, others)
                : new Amount(
                        amounts.devices() == null ? devices : Math.round(amounts.devices() * 1000),
                        amounts.cpu() == null ? others : Math.round(amounts.cpu() * 1000),
                        amounts.memoryGiB() == null ? others : Math.round(amounts.memoryGiB() * GIB));
    }
}
