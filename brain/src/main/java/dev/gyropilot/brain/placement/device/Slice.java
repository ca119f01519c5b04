package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A ResourceSlice.
 *
 * @param sliceCount how many slices the pool has in this generation
 * @param sharedCounters each a named set of counters; the devices that draw on them are in other slices
 */
public record Slice(
        String name,
        PoolId pool,
        long generation,
        long sliceCount,
        Scope scope,
        List<Device> devices,
        List<CounterSet> sharedCounters) {
    /** A set of counters that several devices draw on. */
    public record CounterSet(String name, Map<String, BigDecimal> counters) {}

    public Slice {
        devices = List.copyOf(devices);
        sharedCounters = List.copyOf(sharedCounters);
    }

    /** Whether pods have to leave one of its devices. */
    public boolean evicts() {
        return devices.stream().anyMatch(device -> device.taints().stream().anyMatch(DeviceTaint::evicts));
    }

    /**
     * The same slice, in which every taint has a time: one that comes without has that of the slice before, else now.
     *
     * @param before the slice as it was; absent when it is new
     */
    public Slice dated(Optional<Slice> before, long nowMillis) {
        if (devices.stream().allMatch(device -> device.taints().stream().allMatch(taint -> taint.addedMillis() != 0))) {
            return this;
        }
        var dated = new ArrayList<Device>();
        for (Device device : devices) {
            List<DeviceTaint> known = before.stream()
                    .flatMap(slice -> slice.devices.stream())
                    .filter(other -> other.name().equals(device.name()))
                    .flatMap(other -> other.taints().stream())
                    .toList();
            dated.add(device.withTaints(device.taints().stream()
                    .map(taint -> taint.addedMillis() != 0 ? taint : taint.since(since(known, taint, nowMillis)))
                    .toList()));
        }
        return withDevices(dated);
    }

    private static long since(List<DeviceTaint> known, DeviceTaint taint, long nowMillis) {
        return known.stream()
                .filter(taint::isSame)
                .mapToLong(DeviceTaint::addedMillis)
                .findFirst()
                .orElse(nowMillis);
    }

    Slice withDevices(List<Device> other) {
        return new Slice(name, pool, generation, sliceCount, scope, other, sharedCounters);
    }
}
