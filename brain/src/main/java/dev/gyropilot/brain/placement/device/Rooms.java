package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts what is free on nodes; what did not change since the last time is not counted again. One thread at a time. */
public final class Rooms {
    private static final int WHOLE = 1000;

    private final List<Known> known = new ArrayList<>(Collections.nCopies(Shards.COUNT, Known.NOTHING));
    private final Map<String, Room> byNode = new HashMap<>();

    /** Good for as long as the parts of the pools and uses are these objects. */
    private record Known(Map<PoolId, Pool> pools, Map<PoolId, Map<String, Use>> uses, Map<String, Room> byNode) {
        static final Known NOTHING = new Known(Map.of(), Map.of(), Map.of());
    }

    /** Brings the rooms up to date; returns the nodes whose room is another one now. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    public Set<String> refresh(Devices devices) {
        var touched = new HashMap<String, Room>();
        for (int part = 0; part < Shards.COUNT; part++) {
            Known before = known.get(part);
            Map<PoolId, Pool> pools = devices.poolsIn(part);
            Map<PoolId, Map<String, Use>> uses = devices.usesIn(part);
            if (before.pools == pools && before.uses == uses) {
                continue;
            }
            var rooms = new HashMap<String, Room>();
            pools.forEach((id, pool) -> count(pool, uses.getOrDefault(id, Map.of()))
                    .forEach((node, room) -> rooms.merge(node, room, Room::plus)));
            known.set(part, new Known(pools, uses, rooms));
            before.byNode.forEach((node, room) -> change(touched, node, of(node).minus(room)));
            rooms.forEach((node, room) -> change(touched, node, of(node).plus(room)));
        }
        touched.entrySet().removeIf(entry -> of(entry.getKey()).equals(entry.getValue()));
        return touched.keySet();
    }

    /** Notes what a node had before, and gives it another room. */
    private void change(Map<String, Room> touched, String node, Room room) {
        touched.putIfAbsent(node, of(node));
        byNode.put(node, room);
    }

    /** The room of the devices that only this node reaches. */
    public Room of(String node) {
        return byNode.getOrDefault(node, Room.NONE);
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
