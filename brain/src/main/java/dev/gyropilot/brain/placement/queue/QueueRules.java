package dev.gyropilot.brain.placement.queue;

import java.util.Optional;

/**
 * A queue as it was asked for.
 *
 * @param guaranteed 0 devices when nothing is guaranteed; CPU and memory below 0: not governed by the guarantee
 * @param limit {@link Long#MAX_VALUE} where there is none
 * @param weight share of what nobody is guaranteed, at least 1
 * @param borrowing whether it may go above its guarantee
 * @param reclaim whose work may be stopped to get the guarantee back
 * @param preemptsWithin whether its own work of lower priority may be stopped
 */
public record QueueRules(
        String name,
        Optional<String> parent,
        Amount guaranteed,
        Amount limit,
        int weight,
        boolean borrowing,
        Reclaim reclaim,
        boolean preemptsWithin) {
    /** Which work of other queues that borrow may be stopped. */
    public enum Reclaim {
        ANY,
        LOWER_PRIORITY,
        NEVER
    }

    /** A guarantee of devices and a limit on them; for tests and benchmarks. */
    public static QueueRules of(String name, String parent, long guaranteedDevices, long limitDevices) {
        return new QueueRules(
                name,
                parent.isEmpty() ? Optional.empty() : Optional.of(parent),
                new Amount(guaranteedDevices * 1000, -1, -1),
                limitDevices < 0 ? Amount.UNLIMITED : new Amount(limitDevices * 1000, Long.MAX_VALUE, Long.MAX_VALUE),
                1,
                true,
                Reclaim.ANY,
                true);
    }
}
