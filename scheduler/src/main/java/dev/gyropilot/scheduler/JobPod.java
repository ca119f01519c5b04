package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.scheduler.groups.Membership;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A pod as part of a job: what it is, and where it stands. Owned by the loop. */
final class JobPod {
    io.fabric8.kubernetes.api.model.Pod object;
    Pod pod;
    PodFacts facts;
    Membership membership;

    /** Its node, by our decision or another's; null while it waits. */
    @Nullable
    String node;

    /** Whether the decision is still being written. */
    boolean binding;

    /** What it takes, once that is settled. */
    @Nullable
    Amount amount;

    String reported = "";
    Instant reportedAt = Instant.MIN;

    JobPod(io.fabric8.kubernetes.api.model.Pod object, Pod pod, PodFacts facts, Membership membership) {
        this.object = object;
        this.pod = pod;
        this.facts = facts;
        this.membership = membership;
    }

    boolean isWaiting() {
        return node == null;
    }
}
