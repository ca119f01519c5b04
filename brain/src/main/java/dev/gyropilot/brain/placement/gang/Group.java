package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Pods that go together, or not at all.
 *
 * @param name for messages
 * @param levels within one value of which node labels the group goes, widest first, such as block, rack, NVLink domain
 * @param within node labels that are fixed already, as members of the group run there
 * @param pods its own pods
 * @param parts groups inside it, each with levels of its own
 */
public record Group(String name, List<Level> levels, Map<String, String> within, List<Pod> pods, List<Group> parts) {
    public Group {
        levels = List.copyOf(levels);
        within = Map.copyOf(within);
        pods = List.copyOf(pods);
        parts = List.copyOf(parts);
    }

    /**
     * One level of topology.
     *
     * @param key of the node label
     * @param required false: only better than being apart
     */
    public record Level(String key, boolean required) {}

    /** Pods without a wish for nearness. */
    public static Group of(String name, List<Pod> pods) {
        return new Group(name, List.of(), Map.of(), pods, List.of());
    }

    /** The same group of other pods, without parts. */
    public Group of(List<Pod> others) {
        return new Group(name, levels, within, others, List.of());
    }

    /** Its own pods and those of its parts. */
    public List<Pod> allPods() {
        if (parts.isEmpty()) {
            return pods;
        }
        var all = new ArrayList<>(pods);
        parts.forEach(part -> all.addAll(part.allPods()));
        return all;
    }
}
