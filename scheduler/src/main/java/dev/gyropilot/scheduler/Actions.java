package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** Carries out what was decided, without waiting for it; what becomes of it comes back as {@link Input}. */
interface Actions {
    /**
     * One pod and where it goes.
     *
     * @param decision the number under which the result is told
     */
    record Bind(long decision, Pod pod, List<String> claimNames, Verdict.Placed placed) {}

    /** Binds these pods together: all or none gets its claims. */
    void bind(List<Bind> gang);

    /** Stops a pod of a job for other work, and says so on it. */
    void evict(long decision, String job, Pod pod, String reason, String message);

    /** Tells on the pod why it has no node. */
    void refuse(long decision, Pod pod, String reason, String message);

    /** Tells a Queue what was observed of it. */
    void queueStatus(QueueStatuses.Seen seen);
}
