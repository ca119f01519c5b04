package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What is wrong with the slices of a pool's newest generation once all of them are there. A pool with a flaw offers nothing. */
final class SliceFlaws {
    private final PoolId pool;
    private final List<Slice> slices = new ArrayList<>();
    private final Map<String, Map<String, BigDecimal>> sets = new HashMap<>();

    /** Where each device name, and each counter set's, is used first. */
    private final Map<List<String>, String> devices = new HashMap<>();

    private final Map<String, String> setsOf = new HashMap<>();

    private SliceFlaws(Pool pool) {
        this.pool = pool.id();
        long newest = pool.slices().stream().mapToLong(Slice::generation).max().orElse(0);
        pool.slices().stream().filter(slice -> slice.generation() == newest).forEach(slices::add);
    }

    /** By slice, its first flaw: the field, its value, and the remedy. */
    static Map<String, String> of(Pool pool) {
        var flaws = new SliceFlaws(pool);
        if (flaws.slices.isEmpty() || flaws.slices.getFirst().sliceCount() != flaws.slices.size()) {
            return Map.of();
        }
        return flaws.find();
    }

    private Map<String, String> find() {
        var found = new HashMap<String, String>();
        slices.forEach(slice -> sets(slice).ifPresent(flaw -> found.put(slice.name(), flaw)));
        for (Slice slice : slices) {
            for (int i = 0; i < slice.devices().size(); i++) {
                String at = "spec.devices[" + i + "]";
                Device device = slice.devices().get(i);
                name(slice, at, device)
                        .or(() -> counters(at, device))
                        .ifPresent(flaw -> found.putIfAbsent(slice.name(), flaw));
            }
        }
        return found;
    }

    private Optional<String> sets(Slice slice) {
        Optional<String> flaw = Optional.empty();
        for (int i = 0; i < slice.sharedCounters().size(); i++) {
            Slice.CounterSet set = slice.sharedCounters().get(i);
            sets.put(set.name(), set.counters());
            String other = setsOf.putIfAbsent(set.name(), slice.name());
            if (other != null && flaw.isEmpty()) {
                flaw = Optional.of("spec.sharedCounters[" + i + "].name is \"" + set.name() + "\", as in slice " + other
                        + " of the same pool " + pool + ". Remedy: give each counter set of a pool a name of its own.");
            }
        }
        return flaw;
    }

    /** Slices of different nodes do not meet. */
    private Optional<String> name(Slice slice, String at, Device device) {
        String node = slice.scope() instanceof Scope.OnNode on ? on.node() : "";
        String other = devices.putIfAbsent(List.of(node, device.name()), slice.name());
        return other == null
                ? Optional.empty()
                : Optional.of(at + ".name is \"" + device.name() + "\", as in slice " + other + " of the same pool "
                        + pool + ". Remedy: give each device of a pool a name of its own.");
    }

    private Optional<String> counters(String at, Device device) {
        for (var draw : device.consumesCounters().entrySet()) {
            Map<String, BigDecimal> known = sets.get(draw.getKey());
            if (known == null) {
                return Optional.of(
                        at + ".consumesCounters: counterSet is \"" + draw.getKey() + "\", which is in no slice"
                                + " of pool " + pool + ". Remedy: publish it in spec.sharedCounters"
                                + (sets.isEmpty() ? "." : ", or name one of " + new TreeSet<>(sets.keySet()) + "."));
            }
            for (String counter : new TreeSet<>(draw.getValue().keySet())) {
                if (!known.containsKey(counter)) {
                    return Optional.of(at + ".consumesCounters: counter \"" + counter + "\" is not in counter set \""
                            + draw.getKey() + "\" of pool " + pool + ". Remedy: add it there, or name one of "
                            + new TreeSet<>(known.keySet()) + ".");
                }
            }
        }
        return Optional.empty();
    }
}
