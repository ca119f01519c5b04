package dev.gyropilot.brain.placement;

import java.util.List;
import java.util.Map;

/**
 * A node as placement sees it.
 *
 * @param allocatable by resource name; {@code cpu} in millicores, all others in their base unit
 */
public record Node(
        String name,
        Map<String, String> labels,
        List<Taint> taints,
        boolean unschedulable,
        Map<String, Long> allocatable) {
    public Node {
        labels = Map.copyOf(labels);
        taints = List.copyOf(taints);
        allocatable = Map.copyOf(allocatable);
    }
}
