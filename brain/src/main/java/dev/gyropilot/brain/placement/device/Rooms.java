package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what is free on nodes; what did not change since it was last asked for is not counted again. One thread at a time. */
public final class Rooms {
    private static final int LIMIT = 65_536;
    private static final int WHOLE = 1000;

    private final Map<PoolId, Known> known = new HashMap<>();

    /** Good for as long as the pool and its uses are these objects. */
    private record Known(@Nullable Pool pool, Map<String, Use> uses, Map<String, Room> byNode) {}

    /** The room of the devices that only this node reaches. */
    public Room of(Devices devices, String node) {
        Room result = Room.NONE;
        for (PoolId id : devices.poolsFor(node)) {
            Room room = known(devices, id).byNode.get(node);
            result = room == null ? result : result.plus(room);
        }
        return result;
    }

    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    private Known known(Devices devices, PoolId id) {
        Pool pool = devices.pool(id);
        Map<String, Use> uses = devices.uses(id);
        Known before = known.get(id);
        if (before != null && before.pool == pool && before.uses == uses) {
            return before;
        }
        if (known.size() > LIMIT) {
            known.clear();
        }
        var now = new Known(pool, uses, pool == null ? Map.of() : count(pool, uses));
        known.put(id, now);
        return now;
    }

    private static Map<String, Room> count(Pool pool, Map<String, Use> uses) {
        var result = new HashMap<String, Room>();
        for (Slice slice : pool.slices()) {
            if (slice.scope() instanceof Scope.OnNode on) {
                for (Device device : slice.devices()) {
                    if (device.consumesCounters().isEmpty()) {
                        result.merge(on.node(), room(device, uses.get(device.name())), Room::plus);
                    }
                }
                for (Slice.CounterSet set : slice.sharedCounters()) {
                    result.merge(on.node(), room(set, pool, uses), Room::plus);
                }
            }
        }
        return result;
    }

    private static Room room(Device device, @Nullable Use use) {
        if (use == null) {
            return new Room(1, 1, WHOLE);
        }
        if (use.shares() == 0) {
            return new Room(1, 0, 0);
        }
        int free = WHOLE;
        for (var consumed : use.consumed().entrySet()) {
            Capacity capacity = device.capacity().get(consumed.getKey());
            if (capacity != null) {
                free = Math.min(free, WHOLE - part(consumed.getValue(), capacity.value()));
            }
        }
        return new Room(1, 0, Math.max(0, free));
    }

    private static Room room(Slice.CounterSet set, Pool pool, Map<String, Use> uses) {
        var drawn = new HashMap<String, BigDecimal>();
        for (Slice slice : pool.slices()) {
            for (Device device : slice.devices()) {
                Map<String, BigDecimal> counters = device.consumesCounters().get(set.name());
                if (counters != null && uses.containsKey(device.name())) {
                    counters.forEach((counter, amount) -> drawn.merge(counter, amount, BigDecimal::add));
                }
            }
        }
        int free = WHOLE;
        for (var counter : set.counters().entrySet()) {
            free = Math.min(
                    free, WHOLE - part(drawn.getOrDefault(counter.getKey(), BigDecimal.ZERO), counter.getValue()));
        }
        return new Room(1, drawn.isEmpty() ? 1 : 0, Math.max(0, free));
    }

    private static int part(BigDecimal used, BigDecimal all) {
        return all.signum() <= 0
                ? 0
                : used.divide(all, MathContext.DECIMAL32)
                        .movePointRight(3)
                        .setScale(0, RoundingMode.CEILING)
                        .intValue();
    }
}
