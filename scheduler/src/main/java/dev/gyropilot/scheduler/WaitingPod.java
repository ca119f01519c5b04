package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Verdict.Cause;
import java.time.Instant;
import java.util.Set;

/** A pod that wants a node, and what became of its attempts. Owned by the loop. */
final class WaitingPod {
    enum Place {
        ACTIVE,
        BACKING_OFF,
        PARKED,
        /** Decided, its binding being written. */
        BINDING,
        GONE
    }

    final long order;
    io.fabric8.kubernetes.api.model.Pod object;
    Pod pod;
    Place place = Place.ACTIVE;
    int attempts;
    Instant readyAt = Instant.MIN;
    Instant parkedAt = Instant.MIN;
    Set<Cause> causes = Set.of();
    String reported = "";

    WaitingPod(io.fabric8.kubernetes.api.model.Pod object, Pod pod, long order) {
        this.object = object;
        this.pod = pod;
        this.order = order;
    }
}
