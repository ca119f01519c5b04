package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.gang.Group;

/**
 * Work that waits: a gang, or a pod on its own.
 *
 * @param queue the empty name for work that names none
 * @param group the pods that have to start together
 * @param demand what they take together
 * @param expectedMillis how long it is expected to run; 0: unknown, or without an end
 * @param stranded whether some of its pods run already, too few: it comes first, as the others wait for it in vain
 * @param mayPreempt whether running work may be stopped for it
 */
public record Job(
        String id,
        String queue,
        int priority,
        long createdMillis,
        Group group,
        Amount demand,
        long expectedMillis,
        boolean stranded,
        boolean mayPreempt) {
    /** The same job that takes so much. */
    Job demanding(Amount other) {
        return new Job(id, queue, priority, createdMillis, group, other, expectedMillis, stranded, mayPreempt);
    }
}
