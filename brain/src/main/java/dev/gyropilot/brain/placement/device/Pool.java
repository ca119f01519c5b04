package dev.gyropilot.brain.placement.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** All slices of a pool, of every generation and for every node, by name. Immutable. */
record Pool(PoolId id, List<Slice> slices) {
    Pool with(Slice slice) {
        var next = without(slice.name()).mutable();
        next.add(slice);
        next.sort(Comparator.comparing(Slice::name));
        return new Pool(id, List.copyOf(next));
    }

    Pool without(String slice) {
        return new Pool(id, slices.stream().filter(s -> !s.name().equals(slice)).toList());
    }

    /** The device as the newest generation has it. */
    Optional<Device> newest(String device) {
        Optional<Device> found = Optional.empty();
        long generation = Long.MIN_VALUE;
        for (Slice slice : slices) {
            if (slice.generation() > generation) {
                generation = slice.generation();
                found = Optional.empty();
            }
            if (slice.generation() == generation && found.isEmpty()) {
                found = slice.devices().stream()
                        .filter(d -> d.name().equals(device))
                        .findFirst();
            }
        }
        return found;
    }

    private ArrayList<Slice> mutable() {
        return new ArrayList<>(slices);
    }
}
