package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.objects.PodReader;
import dev.gyropilot.scheduler.groups.Membership;
import dev.gyropilot.scheduler.groups.MembershipReader;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;

/** What a pod's state means to the scheduler: it waits for us, it occupies a node, or neither. */
final class PodFeed implements Feed.Reader<Pod> {
    private final Set<String> schedulerNames;
    private final PodReader reader = new PodReader();
    private final Unreadable unreadable;

    /** Told of a pod of ours that says something that cannot be. */
    @FunctionalInterface
    interface Unreadable {
        void tell(Pod pod, String message);
    }

    PodFeed(Set<String> schedulerNames, Unreadable unreadable) {
        this.schedulerNames = schedulerNames;
        this.unreadable = unreadable;
    }

    @Override
    public Change present(Pod object) {
        String phase = object.getStatus() == null ? null : object.getStatus().getPhase();
        String uid = object.getMetadata().getUid();
        if ("Succeeded".equals(phase) || "Failed".equals(phase)) {
            return gone(uid, "Succeeded".equals(phase));
        }
        dev.gyropilot.brain.placement.Pod pod;
        Membership membership;
        try {
            pod = reader.read(object);
            membership = MembershipReader.of(object);
        } catch (IllegalArgumentException e) {
            if (isOurs(object)) {
                unreadable.tell(object, String.valueOf(e.getMessage()));
            }
            return gone(uid, false);
        }
        PodFacts facts = PodFacts.of(object);
        String node = object.getSpec().getNodeName();
        if (node != null && !node.isEmpty()) {
            return (world, waiting) -> {
                waiting.remove(uid);
                world.jobs().placed(object, pod, facts, membership, node);
                return world.placed(pod, node);
            };
        }
        if (!isOurs(object)) {
            return gone(uid, false);
        }
        return (world, waiting) -> {
            if (membership.isNone() && world.jobs().find(uid) == null) {
                return wait(world, waiting, object, pod);
            }
            waiting.remove(uid);
            world.jobs().waits(object, pod, facts, membership);
            return Set.of();
        };
    }

    @Override
    public Change gone(Pod object) {
        return gone(object.getMetadata().getUid(), false);
    }

    private Change gone(String uid, boolean succeeded) {
        return (world, waiting) -> {
            waiting.remove(uid);
            world.jobs().gone(uid, succeeded, world.now().toEpochMilli());
            return world.podGone(uid);
        };
    }

    private boolean isOurs(Pod object) {
        var spec = object.getSpec();
        String scheduler = spec.getSchedulerName() == null ? "default-scheduler" : spec.getSchedulerName();
        return schedulerNames.contains(scheduler)
                && object.getMetadata().getDeletionTimestamp() == null
                && (spec.getSchedulingGates() == null
                        || spec.getSchedulingGates().isEmpty());
    }

    private static Set<Cause> wait(
            World world, WaitingPods waiting, Pod object, dev.gyropilot.brain.placement.Pod pod) {
        WaitingPod known = waiting.find(pod.uid());
        if (known == null) {
            if (!world.isPlaced(pod.uid())) {
                waiting.add(object, pod);
            }
        } else {
            boolean changed = !known.pod.equals(pod);
            waiting.update(known, object, pod, changed);
        }
        return Set.of();
    }
}
