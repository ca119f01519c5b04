package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

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

    Slice withDevices(List<Device> other) {
        return new Slice(name, pool, generation, sliceCount, scope, other, sharedCounters);
    }
}
