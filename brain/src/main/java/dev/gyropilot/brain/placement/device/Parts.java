package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.Map;

/** How much of a whole device a result takes: the largest part of any counter that it draws on, or of any capacity. */
final class Parts {
    private Parts() {}

    static double of(Pool pool, ClaimAllocation.Result result) {
        for (Slice slice : pool.slices()) {
            for (Device device : slice.devices()) {
                if (device.name().equals(result.device().device())) {
                    return result.shareId().isPresent()
                            ? ofCapacity(device, result.consumedCapacity())
                            : ofCounters(pool, device);
                }
            }
        }
        return 1;
    }

    private static double ofCapacity(Device device, Map<String, BigDecimal> consumed) {
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

    private static double ofCounters(Pool pool, Device device) {
        double part = 0;
        for (var set : device.consumesCounters().entrySet()) {
            for (var amount : set.getValue().entrySet()) {
                double total = total(pool, set.getKey(), amount.getKey());
                part = total > 0 ? Math.max(part, amount.getValue().doubleValue() / total) : part;
            }
        }
        return part > 0 ? Math.min(1, part) : 1;
    }

    private static double total(Pool pool, String set, String counter) {
        for (Slice slice : pool.slices()) {
            for (Slice.CounterSet counters : slice.sharedCounters()) {
                BigDecimal total = counters.counters().get(counter);
                if (counters.name().equals(set) && total != null) {
                    return total.doubleValue();
                }
            }
        }
        return 0;
    }
}
