package dev.gyropilot.brain.placement.packing;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What work is expected: how often each need arrives, relative to the others. Memory is not told apart.
 *
 * @param frequencies sum to 1; empty when nothing is known
 */
public record Mix(Map<Need, Double> frequencies) {
    public static final Mix UNKNOWN = new Mix(Map.of());

    /** The mix of these, each counted once. */
    public static Mix of(Collection<Need> needs) {
        var result = new LinkedHashMap<Need, Double>();
        double each = 1.0 / Math.max(1, needs.size());
        for (Need need : needs) {
            result.merge(withoutMemory(need), each, Double::sum);
        }
        return new Mix(result);
    }

    static Need withoutMemory(Need need) {
        return new Need(need.cpuMillis(), 0, need.devices(), need.share(), need.types());
    }
}
