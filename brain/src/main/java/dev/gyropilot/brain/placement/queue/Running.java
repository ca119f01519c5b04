package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.preemption.Victim.PlacedPod;
import java.util.List;

/**
 * Work that runs: a gang, or a pod on its own.
 *
 * @param startedMillis since the epoch
 * @param savedMillis when its work was last saved; its start when never
 * @param expectedMillis how long it is expected to run in all; 0: it has no end
 * @param stoppable whether it may ever be stopped for other work
 * @param stopping whether it is being stopped already
 */
public record Running(
        String id,
        String queue,
        int priority,
        List<PlacedPod> pods,
        Amount amount,
        long startedMillis,
        long savedMillis,
        long expectedMillis,
        boolean stoppable,
        boolean stopping) {
    public Running {
        pods = List.copyOf(pods);
    }

    /** When it is expected to end, seen from now: what ran over its time is expected to run as long again. */
    long endMillis(long nowMillis) {
        if (expectedMillis <= 0) {
            return Long.MAX_VALUE;
        }
        long end = startedMillis + expectedMillis;
        return end > nowMillis ? end : nowMillis + Math.max(1000, nowMillis - startedMillis);
    }
}
