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

    /** What sums of doubles may be off. */
    private static final double ROUNDING = 1e-6;

    private final List<Part> parts = new ArrayList<>(Collections.nCopies(Shards.COUNT, Part.NOTHING));
    private final Map<PoolId, Counted> counted = new HashMap<>();
    private final Map<String, Room> byNode = new HashMap<>();

    /** What a part of the pools and of their uses was, when it was last looked at. */
    private record Part(Map<PoolId, Pool> pools, Map<PoolId, Map<String, Use>> uses) {
        static final Part NOTHING = new Part(Map.of(), Map.of());
    }

    /** What a pool's devices leave to each node; good for as long as the pool and its uses are these objects. */
    private record Counted(Pool pool, Map<String, Use> uses, Map<String, Room> byNode) {}

    /** Brings the rooms up to date; returns the nodes whose room is another one now. */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    public Set<String> refresh(Devices devices) {
        var touched = new HashMap<String, Room>();
        for (int i = 0; i < Shards.COUNT; i++) {
            Part before = parts.get(i);
            var now = new Part(devices.poolsIn(i), devices.usesIn(i));
            if (before.pools != now.pools || before.uses != now.uses) {
                parts.set(i, now);
                for (PoolId id : before.pools.keySet()) {
                    if (!now.pools.containsKey(id)) {
                        replace(touched, id, null);
                    }
                }
                now.pools.forEach((id, pool) -> {
                    Map<String, Use> uses = now.uses.getOrDefault(id, Map.of());
                    Counted known = counted.get(id);
                    if (known == null || known.pool != pool || known.uses != uses) {
                        replace(touched, id, new Counted(pool, uses, count(pool, uses)));
                    }
                });
            }
        }
        touched.entrySet().removeIf(entry -> of(entry.getKey()).equals(entry.getValue()));
        return touched.keySet();
    }

    private void replace(Map<String, Room> touched, PoolId id, @Nullable Counted now) {
        Counted before = now == null ? counted.remove(id) : counted.put(id, now);
        if (before != null) {
            before.byNode.forEach((node, room) -> change(touched, node, of(node).minus(room)));
        }
        if (now != null) {
            now.byNode.forEach((node, room) -> change(touched, node, of(node).plus(room)));
        }
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
        var drawn = new HashMap<String, Map<String, BigDecimal>>();
        for (Slice slice : pool.slices()) {
            for (Device device : slice.devices()) {
                Use use = uses.get(device.name());
                if (!device.consumesCounters().isEmpty()) {
                    if (use != null) {
                        device.consumesCounters().forEach((set, amounts) -> add(drawn, set, amounts));
                    }
                } else if (slice.scope() instanceof Scope.OnNode on) {
                    result.merge(on.node(), room(device, use), Room::plus);
                }
            }
        }
        for (Slice slice : pool.slices()) {
            if (slice.scope() instanceof Scope.OnNode on) {
                for (Slice.CounterSet set : slice.sharedCounters()) {
                    result.merge(on.node(), room(set, drawn.getOrDefault(set.name(), Map.of())), Room::plus);
                }
            }
        }
        return result;
    }

    private static void add(Map<String, Map<String, BigDecimal>> drawn, String set, Map<String, BigDecimal> amounts) {
        Map<String, BigDecimal> sum = drawn.computeIfAbsent(set, s -> new HashMap<>());
        amounts.forEach((counter, amount) -> sum.merge(counter, amount, BigDecimal::add));
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

    private static Room room(Slice.CounterSet set, Map<String, BigDecimal> drawn) {
        int free = WHOLE - (int) Math.ceil(Parts.ofSet(set.counters(), drawn) * WHOLE - ROUNDING);
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
