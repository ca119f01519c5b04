package dev.gyropilot.brain.placement.device;

import java.util.List;

/** What came of the search for devices on one node. */
public sealed interface Outcome {
    /** Every claim got its devices. */
    record Allocated(List<ClaimAllocation> claims) implements Outcome {}

    /** This node has no legal choice; another may. */
    record NoFit(String reason) implements Outcome {}

    /** The attempt is to be given up on all nodes. */
    record Failed(String message) implements Outcome {}
}
