package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict.Cause;
import java.util.Set;

/** What an input means to the scheduler's state. */
@FunctionalInterface
interface Change {
    /** Returns the causes of refusal that may no longer hold. */
    Set<Cause> apply(World world, WaitingPods waiting);
}
