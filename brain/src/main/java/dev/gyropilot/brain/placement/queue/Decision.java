package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import java.util.List;
import java.util.Set;

/** What a cycle decided for one waiting job. */
public sealed interface Decision {
    Job job();

    /** It starts now, all its pods at once. */
    record Start(Job job, List<Assignment> assignments) implements Decision {}

    /** This running work is stopped for it; it starts when that is gone. */
    record Preempt(Job job, List<Running> victims) implements Decision {}

    /** It goes on waiting. */
    record Wait(Job job, Why why, String message, Set<Cause> causes) implements Decision {}

    /** The kinds of reasons. */
    enum Why {
        /** Its queue does not exist or is broken. */
        QUEUE,
        /** A queue's limit, or its guarantee without borrowing. */
        QUOTA,
        /** There is no room. */
        ROOM,
        /** There is room, but it is kept for a job that comes before. */
        RESERVED,
        /** Work that was stopped for it is not gone yet. */
        STOPPING
    }
}
