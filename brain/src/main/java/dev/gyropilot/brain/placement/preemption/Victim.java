package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.Pod;
import java.util.List;

/**
 * Running work that may be stopped, as a whole: a pod, or a gang wherever its pods are.
 *
 * @param cost what stopping it loses; plans with a smaller sum are better
 */
public record Victim(String id, List<PlacedPod> pods, double cost) {
    public Victim {
        pods = List.copyOf(pods);
    }

    /** A pod and the node on which it is. */
    public record PlacedPod(Pod pod, String node) {}
}
