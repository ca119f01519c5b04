package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What is lost to those who come after when a device is taken: its own size, and the sizes of all devices that draw on the same
 * counters and can be had now but not any more then. So small partitions go before large ones, a device that is cut already before
 * a whole one, and of equal partitions the one in whose place no large one fits anyway.
 */
final class Losses {
    private final Supply supply;
    private final Features features;
    private final IdentityHashMap<PoolDevice, Double> losses = new IdentityHashMap<>();

    Losses(Supply supply, Features features) {
        this.supply = supply;
        this.features = features;
    }

    /** Puts the devices that cost least first; equal ones stay in their order, and pools with binding conditions come last. */
    void sort() {
        for (PoolDevice device : supply.devices) {
            losses.put(device, of(device));
        }
        supply.devices.sort(Comparator.comparing((PoolDevice device) -> device.pool.hasBindingConditions)
                .thenComparingDouble(device -> losses.getOrDefault(device, 0.0)));
    }

    private double of(PoolDevice device) {
        if (!supply.isUnused(device)) {
            // What several share is broken already.
            return 0;
        }
        if (!supply.draws(device) || !features.partitionableDevices()) {
            return 1;
        }
        double sum = size(device);
        for (PoolDevice other : supply.devices) {
            if (other != device
                    && other.pool == device.pool
                    && !Collections.disjoint(
                            device.device.consumesCounters().keySet(),
                            other.device.consumesCounters().keySet())
                    && supply.isUnused(other)
                    && supply.mayDraw(other)
                    && isInTheWay(device, other)) {
                sum += size(other);
            }
        }
        return sum;
    }

    /** Whether what the counters have left suffices for either, but not for both. */
    private boolean isInTheWay(PoolDevice device, PoolDevice other) {
        for (var set : other.device.consumesCounters().entrySet()) {
            Map<String, BigDecimal> taken = device.device.consumesCounters().getOrDefault(set.getKey(), Map.of());
            for (var counter : set.getValue().entrySet()) {
                BigDecimal left = supply.counterLeft(device.pool, set.getKey(), counter.getKey())
                        .subtract(taken.getOrDefault(counter.getKey(), BigDecimal.ZERO));
                if (left.compareTo(counter.getValue()) < 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private static double size(PoolDevice device) {
        return Parts.ofCounters(device.pool.counterSets, device.device);
    }
}
