package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The devices that a node offers to one search, and what is left of them after its picks; every pick can be taken back. */
final class Supply {
    /** The devices of pools without a flaw, in the order in which they are tried. */
    final List<PoolDevice> devices = new ArrayList<>();

    private final Features features;
    private final IdentityHashMap<NodePool, Map<String, Use>> uses = new IdentityHashMap<>();
    private final IdentityHashMap<PoolDevice, PickedUse> picked = new IdentityHashMap<>();

    /** By pool and counter set. */
    private final IdentityHashMap<NodePool, Map<String, Drawn>> drawn = new IdentityHashMap<>();

    /**
     * A chosen device.
     *
     * @param claim the index of the claim that gets it
     */
    record Pick(
            int claim,
            AskPlan ask,
            PoolDevice device,
            Map<String, BigDecimal> consumed,
            boolean shared,
            boolean countersDrawn) {}

    /** What this search has picked of a device. */
    private static final class PickedUse {
        final ArrayDeque<Integer> holders = new ArrayDeque<>();
        int shares;
        final Map<String, BigDecimal> consumed = new HashMap<>();
    }

    /** What the picks draw of a set of counters, and the compatibility groups of each of them. */
    private static final class Drawn {
        final Map<String, BigDecimal> counters = new HashMap<>();
        final Deque<Set<String>> groups = new ArrayDeque<>();
    }

    /**
     * The use of a device by what was picked.
     *
     * @param device its kind when it was unused before, else its id
     */
    private record Used(Object device, boolean held, boolean byClaim, int shares, Map<String, BigDecimal> consumed) {}

    Supply(Devices all, Features features, List<NodePool> pools) {
        this.features = features;
        for (NodePool pool : pools) {
            uses.put(pool, all.uses(pool.id));
            if (pool.flaw.isEmpty()) {
                devices.addAll(pool.devices);
            }
        }
    }

    private Map<String, Use> use(NodePool pool) {
        return uses.getOrDefault(pool, Map.of());
    }

    boolean isShared(Device device) {
        return features.consumableCapacity() && device.allowMultipleAllocations();
    }

    /** Whether nobody uses any of it, before this search or in it. */
    boolean isUnused(PoolDevice device) {
        return !picked.containsKey(device) && !use(device.pool).containsKey(device.device.name());
    }

    /** Whether somebody's use keeps the claim from it; with admin access only the claim's own. */
    boolean isInUse(int claim, Claim.Ask ask, PoolDevice device) {
        PickedUse here = picked.get(device);
        if (ask.admin()) {
            return here != null && here.holders.contains(claim);
        }
        if (here != null && !here.holders.isEmpty()) {
            return true;
        }
        Use use = use(device.pool).get(device.device.name());
        return use != null && (use.holders() > 0 || !isShared(device.device));
    }

    /** What the ask takes of the device's capacities; empty when they do not suffice. Nothing for an exclusive device. */
    Optional<Map<String, BigDecimal>> consumption(Claim.Ask ask, PoolDevice device) {
        Map<String, Capacity> capacities = device.device.capacity();
        if (!capacities.keySet().containsAll(ask.capacity().keySet())) {
            return Optional.empty();
        }
        if (!isShared(device.device)) {
            boolean enough = ask.capacity().entrySet().stream().allMatch(wanted -> {
                Capacity capacity = capacities.get(wanted.getKey());
                return capacity != null && capacity.value().compareTo(wanted.getValue()) >= 0;
            });
            return enough ? Optional.of(Map.of()) : Optional.empty();
        }
        var result = new HashMap<String, BigDecimal>();
        for (var capacity : capacities.entrySet()) {
            var amount = consumption(ask, capacity.getKey(), capacity.getValue());
            if (amount.isEmpty()
                    || amount.get().compareTo(capacityLeft(device, capacity.getKey(), capacity.getValue())) > 0) {
                return Optional.empty();
            }
            result.put(capacity.getKey(), amount.get());
        }
        return Optional.of(Map.copyOf(result));
    }

    /** What a share takes of one capacity; empty when that is never possible. */
    Optional<BigDecimal> consumption(Claim.Ask ask, String name, Capacity capacity) {
        return capacity.consumption(Optional.ofNullable(ask.capacity().get(name)), features.fractionalCapacityRange());
    }

    /** What is left of a capacity of a device that is shared. */
    BigDecimal capacityLeft(PoolDevice device, String name, Capacity capacity) {
        Use use = use(device.pool).getOrDefault(device.device.name(), Use.NONE);
        PickedUse here = picked.get(device);
        BigDecimal left = capacity.value().subtract(use.consumed().getOrDefault(name, BigDecimal.ZERO));
        return here == null ? left : left.subtract(here.consumed.getOrDefault(name, BigDecimal.ZERO));
    }

    /** Whether picking the device would draw on counters: not for a further share. */
    boolean draws(PoolDevice device) {
        return !device.device.consumesCounters().isEmpty() && !(isShared(device.device) && !isUnused(device));
    }

    /** Whether a device that draws on counters may do so now. */
    boolean mayDraw(PoolDevice device) {
        return features.partitionableDevices() && countersSuffice(device) && isCompatible(device);
    }

    private boolean countersSuffice(PoolDevice device) {
        for (var set : device.device.consumesCounters().entrySet()) {
            for (var counter : set.getValue().entrySet()) {
                if (counterLeft(device.pool, set.getKey(), counter.getKey()).compareTo(counter.getValue()) < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** What is left of a counter; negative when more is drawn than there is. */
    BigDecimal counterLeft(NodePool pool, String set, String counter) {
        BigDecimal left = pool.available(use(pool)).getOrDefault(set, Map.of()).getOrDefault(counter, BigDecimal.ZERO);
        Drawn here = drawn.getOrDefault(pool, Map.of()).get(set);
        return here == null ? left : left.subtract(here.counters.getOrDefault(counter, BigDecimal.ZERO));
    }

    /** Whether the device may draw on its counter sets beside those that do: all with a common group, or all with none. */
    private boolean isCompatible(PoolDevice device) {
        if (!device.pool.hasGroups) {
            return true;
        }
        for (String set : device.device.consumesCounters().keySet()) {
            var others = new ArrayList<>(device.pool.groupsInUse(set, use(device.pool)));
            Drawn here = drawn.getOrDefault(device.pool, Map.of()).get(set);
            if (here != null) {
                others.addAll(here.groups);
            }
            if (!isCommonTo(device.device.groups(set), others)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isCommonTo(Set<String> groups, List<Set<String>> others) {
        if (groups.isEmpty()) {
            return others.stream().allMatch(Set::isEmpty);
        }
        var common = new HashSet<>(groups);
        others.forEach(common::retainAll);
        return !common.isEmpty();
    }

    void take(Pick pick) {
        if (pick.countersDrawn) {
            draw(pick.device, true);
        }
        PickedUse here = picked.computeIfAbsent(pick.device, d -> new PickedUse());
        if (pick.shared) {
            here.shares++;
            pick.consumed.forEach((name, amount) -> here.consumed.merge(name, amount, BigDecimal::add));
        } else {
            here.holders.add(pick.claim);
        }
    }

    /** Takes the newest pick back. */
    void giveBack(Pick pick) {
        if (pick.countersDrawn) {
            draw(pick.device, false);
        }
        PickedUse here = picked.get(pick.device);
        if (here == null) {
            throw new IllegalStateException("device " + pick.device.id + " was picked but is not in use");
        }
        if (pick.shared) {
            here.shares--;
            pick.consumed.forEach((name, amount) -> here.consumed.merge(name, amount.negate(), BigDecimal::add));
        } else {
            here.holders.removeLastOccurrence(pick.claim);
        }
        if (here.holders.isEmpty() && here.shares == 0) {
            picked.remove(pick.device);
        }
    }

    private void draw(PoolDevice device, boolean takes) {
        var ofPool = drawn.computeIfAbsent(device.pool, p -> new HashMap<>());
        device.device.consumesCounters().forEach((set, counters) -> {
            Drawn ofSet = ofPool.computeIfAbsent(set, s -> new Drawn());
            counters.forEach((counter, amount) ->
                    ofSet.counters.merge(counter, takes ? amount : amount.negate(), BigDecimal::add));
            if (takes) {
                ofSet.groups.addLast(device.device.groups(set));
            } else {
                ofSet.groups.removeLast();
            }
        });
    }

    /**
     * How often each kind of use by the picks occurs: equal when what is left is equal for what a claim still asks for.
     *
     * @param kind of a device that was unused before
     */
    Map<Object, Integer> used(int claim, Function<PoolDevice, Object> kind) {
        var used = new HashMap<Object, Integer>();
        picked.forEach((device, use) -> {
            boolean before = use(device.pool).containsKey(device.device.name());
            used.merge(
                    new Used(
                            before ? device.id : kind.apply(device),
                            !use.holders.isEmpty(),
                            use.holders.contains(claim),
                            use.shares,
                            Map.copyOf(use.consumed)),
                    1,
                    Integer::sum);
        });
        return used;
    }
}
