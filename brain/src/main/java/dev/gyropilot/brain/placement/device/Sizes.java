package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.Claim.Ask;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much of a device an ask is for that has not got any yet: as much as the first device takes that it selects, used or not.
 * What no device tells counts as a whole one. One thread at a time.
 */
public final class Sizes {
    private static final int WHOLE = 1000;

    /** After so many devices that it does not select an ask counts as one for whole devices. */
    private static final int LOOK_LIMIT = 4096;

    /** What sums of doubles may be off. */
    private static final double ROUNDING = 1e-6;

    private final Features features;
    private final Selection.Cache selections;
    private final Map<Key, Integer> known = new HashMap<>();
    private @Nullable Shards<PoolId, Pool> pools;

    private record Key(DeviceClass deviceClass, List<String> selectors, Map<String, BigDecimal> capacity) {}

    Sizes(Features features, Selection.Cache selections) {
        this.features = features;
        this.selections = selections;
    }

    /** In thousandths of a device, for each of its devices. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    public int of(Devices devices, Ask ask) {
        Optional<DeviceClass> deviceClass = devices.deviceClass(ask.deviceClass());
        if (!devices.hasPartitions() || deviceClass.isEmpty()) {
            return WHOLE;
        }
        if (pools != devices.pools()) {
            pools = devices.pools();
            known.clear();
        }
        return known.computeIfAbsent(
                new Key(deviceClass.get(), ask.selectors(), ask.capacity()), key -> look(devices, key, ask));
    }

    private int look(Devices devices, Key key, Ask ask) {
        Selection selection = selections.of(key.deviceClass, key.selectors);
        int looked = 0;
        for (int i = 0; i < Shards.COUNT; i++) {
            for (Pool pool : devices.poolsIn(i).values()) {
                for (Slice slice : pool.slices()) {
                    for (Device device : slice.devices()) {
                        if (++looked > LOOK_LIMIT) {
                            return WHOLE;
                        }
                        if (selects(selection, new DeviceId(pool.id(), device.name()), device)) {
                            return thousandths(pool, device, ask);
                        }
                    }
                }
            }
        }
        return WHOLE;
    }

    private static boolean selects(Selection selection, DeviceId id, Device device) {
        try {
            return selection.matches(id, device, "");
        } catch (Aborted e) {
            // Whoever places the work tells it.
            return false;
        }
    }

    private int thousandths(Pool pool, Device device, Ask ask) {
        double part = Parts.ofCounters(Parts.counterSets(pool), device);
        if (features.consumableCapacity() && device.allowMultipleAllocations()) {
            var consumed = new HashMap<String, BigDecimal>();
            device.capacity()
                    .forEach((name, capacity) -> capacity.consumption(
                                    Optional.ofNullable(ask.capacity().get(name)), features.fractionalCapacityRange())
                            .ifPresent(amount -> consumed.put(name, amount)));
            part = Parts.ofCapacity(device, consumed);
        }
        return Math.clamp((long) (part * WHOLE + ROUNDING), 1, WHOLE);
    }
}
