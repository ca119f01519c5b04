package dev.gyropilot.brain.placement.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

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

    private ArrayList<Slice> mutable() {
        return new ArrayList<>(slices);
    }
}
