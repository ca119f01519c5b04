package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.Verdict.Cause;
import java.util.List;
import java.util.Set;

/** What was decided for a group. */
public sealed interface GangVerdict {
    /**
     * All pods have a place.
     *
     * @param after the snapshot with all of them placed
     */
    record Placed(List<Assignment> assignments, Snapshot after) implements GangVerdict {}

    /**
     * There is no room for all of them, and nothing is held for any.
     *
     * @param message why, and what is missing
     * @param placeable how many pods found a place in the best attempt
     * @param causes what would have to change
     */
    record Refused(String message, int placeable, Set<Cause> causes) implements GangVerdict {}

    /** One pod's place. */
    record Assignment(Pod pod, Verdict.Placed placed) {}
}
