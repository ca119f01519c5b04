package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.Pod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Running work that may be stopped, as a whole: a pod, or a gang wherever its pods are.
 *
 * @param cost what stopping it loses; plans with a smaller sum are better
 */
public record Victim(String id, List<PlacedPod> pods, double cost) {
    public Victim {
        pods = List.copyOf(pods);
    }

    /** By name alone: there is one piece of work of a name, and comparing pods would cost more than the plans. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Victim victim && victim.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** A pod and the node on which it is. */
    public record PlacedPod(Pod pod, String node) {}
}
