package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import java.util.List;

/** The structured allocator. */
public final class Allocator {
    public Outcome allocate(Devices devices, Node node, List<Object> claims) {
        return new Outcome.NoFit("cannot allocate all claims");
    }
}
