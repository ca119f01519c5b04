package dev.gyropilot.brain.placement.preemption;

import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import java.util.List;

/** What came of the search for room. */
public sealed interface Plan {
    /**
     * Stop these, then the group fits.
     *
     * @param assignments where it fits then
     */
    record Stop(List<Victim> victims, List<Assignment> assignments) implements Plan {}

    /** Even with all of them stopped there is no room. */
    record Impossible(String message) implements Plan {}

    /** Nothing was found within the steps allowed. */
    record GaveUp(int steps) implements Plan {}
}
