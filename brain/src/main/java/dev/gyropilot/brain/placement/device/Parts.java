package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of a whole device a result takes: the largest part of any counter that it draws on, or of any capacity. Counters of
 * which there is one each, such as the slots where a partition may lie, are parts of one thing: so many of them.
 */
final class Parts {
    private Parts() {}

    static double of(Pool pool, ClaimAllocation.Result result) {
        for (Slice slice : pool.slices()) {
            for (Device device : slice.devices()) {
                if (device.name().equals(result.device().device())) {
                    return result.shareId().isPresent()
                            ? ofCapacity(device, result.consumedCapacity())
                            : ofCounters(counterSets(pool), device);
                }
            }
        }
        return 1;
    }

    static double ofCapacity(Device device, Map<String, BigDecimal> consumed) {
        double part = 0;
        for (var amount : consumed.entrySet()) {
            Capacity capacity = device.capacity().get(amount.getKey());
            if (capacity != null && capacity.value().signum() > 0) {
                part = Math.max(
                        part, amount.getValue().doubleValue() / capacity.value().doubleValue());
            }
        }
        return part;
    }

    /** @param sets the counters that there are, by set */
    static double ofCounters(Map<String, Map<String, BigDecimal>> sets, Device device) {
        double part = 0;
        for (var drawn : device.consumesCounters().entrySet()) {
            part = Math.max(part, ofSet(sets.getOrDefault(drawn.getKey(), Map.of()), drawn.getValue()));
        }
        return part > 0 ? Math.min(1, part) : 1;
    }

    /** The part of a set of counters that these amounts are. */
    static double ofSet(Map<String, BigDecimal> all, Map<String, BigDecimal> drawn) {
        double part = 0;
        double single = 0;
        double singleDrawn = 0;
        for (var counter : all.entrySet()) {
            double total = counter.getValue().doubleValue();
            double amount =
                    drawn.getOrDefault(counter.getKey(), BigDecimal.ZERO).doubleValue();
            if (total == 1) {
                single++;
                singleDrawn += amount;
            } else if (total > 0) {
                part = Math.max(part, amount / total);
            }
        }
        return single > 0 ? Math.max(part, singleDrawn / single) : part;
    }

    static Map<String, Map<String, BigDecimal>> counterSets(Pool pool) {
        var sets = new HashMap<String, Map<String, BigDecimal>>();
        for (Slice slice : pool.slices()) {
            slice.sharedCounters().forEach(set -> sets.putIfAbsent(set.name(), set.counters()));
        }
        return sets;
    }
}
