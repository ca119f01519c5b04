package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.PoolId;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.device.TaintRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The slices as their drivers publish them, with the taints of the rules that match their devices. Single-threaded. */
final class TaintedSlices {
    private final Map<String, Slice> slices = new HashMap<>();
    private final Map<String, TaintRule> rules = new TreeMap<>();

    /** Those from whose devices pods have to leave. */
    private final Set<String> evicting = new HashSet<>();

    /** What was last said about a slice. */
    private final Map<String, String> told = new HashMap<>();

    /** @param nowMillis since when taints are there that do not say it and were not seen before */
    Devices slice(Devices devices, Slice published, long nowMillis) {
        Slice slice = published.dated(Optional.ofNullable(slices.get(published.name())), nowMillis);
        slices.put(slice.name(), slice);
        return tainted(devices, slice);
    }

    Devices sliceGone(Devices devices, String name) {
        slices.remove(name);
        evicting.remove(name);
        told.remove(name);
        return devices.withoutSlice(name);
    }

    Devices rule(Devices devices, String name, TaintRule rule) {
        return rule.equals(rules.put(name, rule)) ? devices : tainted(devices);
    }

    Devices ruleGone(Devices devices, String name) {
        return rules.remove(name) == null ? devices : tainted(devices);
    }

    Map<String, String> newFlaws(Devices devices, PoolId pool) {
        var flaws = new TreeMap<>(devices.flaws(pool));
        flaws.entrySet().removeIf(flaw -> flaw.getValue().equals(told.put(flaw.getKey(), flaw.getValue())));
        return flaws;
    }

    /** Whether there is a device at all from which pods may have to leave. */
    boolean evict() {
        return !evicting.isEmpty();
    }

    private Devices tainted(Devices devices) {
        Devices result = devices;
        for (Slice slice : slices.values()) {
            result = tainted(result, slice);
        }
        return result;
    }

    private Devices tainted(Devices devices, Slice published) {
        Slice slice = TaintRule.apply(rules.values(), published);
        if (slice.evicts()) {
            evicting.add(slice.name());
        } else {
            evicting.remove(slice.name());
        }
        return devices.with(slice);
    }
}
