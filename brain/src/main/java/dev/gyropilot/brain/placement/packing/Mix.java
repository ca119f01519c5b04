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

    /**
     * How much of the devices can be allocated at most, whatever the hosts, when work is served as it comes: the rest is what
     * the fractions leave of their devices even when all of them are packed into as few as possible.
     *
     * @return 0 to 1
     */
    public double allocatable() {
        double asked = 0;
        double taken = GapValue.of(this).devices;
        for (var entry : frequencies.entrySet()) {
            Need need = entry.getKey();
            asked += entry.getValue() * need.amount() / Need.WHOLE;
            taken += need.isFraction() ? 0 : entry.getValue() * need.devices();
        }
        return taken > 0 ? Math.min(1, asked / taken) : 1;
    }

    static Need withoutMemory(Need need) {
        return new Need(need.cpuMillis(), 0, need.devices(), need.share(), need.types());
    }
}
