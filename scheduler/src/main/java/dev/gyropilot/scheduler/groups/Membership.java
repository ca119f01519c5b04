package dev.gyropilot.scheduler.groups;

import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.List;

/**
 * What a pod says of the gang and the queue that it belongs to.
 *
 * @param queue empty when it names none
 * @param gang its gang within the namespace; empty for a pod on its own
 * @param group the object that describes the gang, see {@link GroupKey}; empty when the pod itself does
 * @param size how many of the gang have to run together at least; 0 when the pod does not say
 * @param levels within which topology the gang goes
 */
public record Membership(String queue, String gang, String group, int size, List<Level> levels) {
    public static final Membership NONE = new Membership("", "", "", 0, List.of());

    public Membership {
        levels = List.copyOf(levels);
    }

    /** Whether the pod is one's own business only: no gang, no queue. */
    public boolean isNone() {
        return queue.isEmpty() && gang.isEmpty();
    }
}
