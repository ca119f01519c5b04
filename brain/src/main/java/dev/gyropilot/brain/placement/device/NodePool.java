package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pool as one node sees it: the devices of the newest generation that the node can reach, and what is wrong with it. A
 * pool with a flaw offers nothing.
 */
final class NodePool {
    final PoolId id;
    final List<PoolDevice> devices = new ArrayList<>();

    /** Why nothing is offered: slices are missing, or what they say contradicts itself. */
    Optional<String> flaw = Optional.empty();

    boolean hasBindingConditions;

    /** Whether any device, on any node, has compatibility groups. */
    boolean hasGroups;

    /** Counter sets by name, and all devices of the generation on any node by name. */
    final Map<String, Map<String, BigDecimal>> counterSets = new HashMap<>();

    private final Map<String, Device> everywhere = new HashMap<>();
    private @Nullable Map<String, Use> countedUses;
    private Map<String, Map<String, BigDecimal>> available = Map.of();

    /** The compatibility groups of every device in use, by the counter set that it draws on. */
    private Map<String, List<Set<String>>> groupsInUse = Map.of();

    /** A device that the node may use. */
    static final class PoolDevice {
        final NodePool pool;
        final Slice slice;
        final Device device;
        final DeviceId id;

        /** Whether the device's own scope, if it has one, reaches the node. */
        final boolean reached;

        private @Nullable Profile profile;

        PoolDevice(NodePool pool, Slice slice, Device device, boolean reached) {
            this.pool = pool;
            this.slice = slice;
            this.device = device;
            this.id = new DeviceId(pool.id, device.name());
            this.reached = reached;
        }

        /** Equal for devices that are interchangeable as long as nobody uses them. */
        Profile profile() {
            if (profile == null) {
                Optional<PoolId> counters =
                        device.consumesCounters().isEmpty() ? Optional.empty() : Optional.of(pool.id);
                profile = new Profile(pool.id.driver(), counters, reached, device.unnamed());
            }
            return profile;
        }
    }

    record Profile(String driver, Optional<PoolId> counters, boolean reached, Device device) {}

    private NodePool(PoolId id) {
        this.id = id;
    }

    /** The pool for this node; null when it offers the node nothing or is being replaced. */
    static @Nullable NodePool of(Pool pool, Node node, Features features) {
        var relevant = new ArrayList<Slice>();
        long generation = Long.MIN_VALUE;
        for (Slice slice : pool.slices()) {
            if (!supported(slice, features) || !reaches(slice, node) || slice.generation() < generation) {
                continue;
            }
            if (slice.generation() > generation) {
                relevant.clear();
                generation = slice.generation();
            }
            relevant.add(slice);
        }
        if (relevant.isEmpty()) {
            return null;
        }
        long expected = relevant.getFirst().sliceCount();
        boolean complete = relevant.size() == expected;
        if (!complete) {
            long present = 0;
            for (Slice slice : pool.slices()) {
                if (slice.generation() > generation) {
                    return null;
                }
                present += slice.generation() == generation && supported(slice, features) ? 1 : 0;
            }
            complete = present == expected;
        }
        var result = new NodePool(pool.id());
        result.fill(pool, relevant, generation, node, features);
        if (!complete) {
            result.flaw = Optional.of("is currently being updated");
        }
        return result;
    }

    private static boolean supported(Slice slice, Features features) {
        boolean partitions = slice.scope() instanceof Scope.PerDevice
                || !slice.sharedCounters().isEmpty();
        return (features.partitionableDevices() || !partitions)
                && (features.compatibilityGroups()
                        || slice.devices().stream()
                                .allMatch(device -> device.compatibilityGroups().isEmpty()));
    }

    private static boolean reaches(Slice slice, Node node) {
        if (!(slice.scope() instanceof Scope.PerDevice)) {
            return slice.scope().reaches(node);
        }
        for (Device device : slice.devices()) {
            if (device.scope().isPresent() && device.scope().get().reaches(node)) {
                return true;
            }
        }
        return false;
    }

    private void fill(Pool pool, List<Slice> relevant, long generation, Node node, Features features) {
        for (Slice slice : pool.slices()) {
            if (slice.generation() == generation && supported(slice, features)) {
                for (Slice.CounterSet set : slice.sharedCounters()) {
                    if (counterSets.put(set.name(), set.counters()) != null) {
                        flaw = Optional.of("has two counter sets named " + set.name());
                    }
                }
                for (Device device : slice.devices()) {
                    everywhere.put(device.name(), device);
                    hasGroups |= !device.compatibilityGroups().isEmpty();
                }
            }
        }
        var names = new HashSet<String>();
        for (Slice slice : relevant) {
            boolean perDevice = slice.scope() instanceof Scope.PerDevice;
            for (Device device : slice.devices()) {
                if (!names.add(device.name())) {
                    flaw = Optional.of("has two devices named " + device.name());
                }
                hasBindingConditions |= !device.bindingConditions().isEmpty();
                boolean reached = !perDevice
                        || (device.scope().isPresent() && device.scope().get().reaches(node));
                devices.add(new PoolDevice(this, slice, device, reached));
            }
        }
        if (features.partitionableDevices()) {
            everywhere.values().forEach(this::checkCounters);
        }
    }

    private void checkCounters(Device device) {
        device.consumesCounters().forEach((set, counters) -> {
            Map<String, BigDecimal> known = counterSets.get(set);
            if (known == null) {
                flaw = Optional.of("has a device " + device.name() + " that draws on an unknown counter set " + set);
            } else if (!known.keySet().containsAll(counters.keySet())) {
                flaw = Optional.of("has a device " + device.name() + " that draws on an unknown counter of set " + set);
            }
        });
    }

    /** What is left of the counters when all users of the pool's devices, on any node, are served. */
    Map<String, Map<String, BigDecimal>> available(Map<String, Use> uses) {
        count(uses);
        return available;
    }

    /** The compatibility groups of all users of a counter set on any node; a device without groups adds an empty set. */
    List<Set<String>> groupsInUse(String counterSet, Map<String, Use> uses) {
        count(uses);
        return groupsInUse.getOrDefault(counterSet, List.of());
    }

    @SuppressWarnings("ReferenceEquality") // unchanged uses are the same object
    private void count(Map<String, Use> uses) {
        if (countedUses == uses) {
            return;
        }
        var groups = new HashMap<String, List<Set<String>>>();
        var left = new HashMap<String, Map<String, BigDecimal>>();
        counterSets.forEach((name, counters) -> left.put(name, new HashMap<>(counters)));
        uses.keySet().forEach(name -> {
            Device device = everywhere.get(name);
            if (device != null) {
                device.consumesCounters().forEach((set, counters) -> {
                    groups.computeIfAbsent(set, s -> new ArrayList<>()).add(device.groups(set));
                    Map<String, BigDecimal> of = left.get(set);
                    if (of != null) {
                        counters.forEach(
                                (counter, amount) -> of.computeIfPresent(counter, (c, have) -> have.subtract(amount)));
                    }
                });
            }
        });
        countedUses = uses;
        available = left;
        groupsInUse = groups;
    }
}
