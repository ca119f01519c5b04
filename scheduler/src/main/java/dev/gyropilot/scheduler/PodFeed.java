package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.objects.PodReader;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;

/** What a pod's state means to the scheduler: it waits for us, it occupies a node, or neither. */
final class PodFeed implements Feed.Reader<Pod> {
    private final Set<String> schedulerNames;
    private final PodReader reader = new PodReader();
    private final Writer writer;

    PodFeed(Set<String> schedulerNames, Writer writer) {
        this.schedulerNames = schedulerNames;
        this.writer = writer;
    }

    @Override
    public Loop.Change present(Pod object) {
        String phase = object.getStatus() == null ? null : object.getStatus().getPhase();
        String uid = object.getMetadata().getUid();
        if ("Succeeded".equals(phase) || "Failed".equals(phase)) {
            return gone(uid);
        }
        dev.gyropilot.brain.placement.Pod pod;
        try {
            pod = reader.read(object);
        } catch (IllegalArgumentException e) {
            writer.refused(object, "SchedulerError", e.toString());
            return gone(uid);
        }
        String node = object.getSpec().getNodeName();
        if (node != null && !node.isEmpty()) {
            return (world, waiting) -> {
                waiting.remove(uid);
                return world.placed(pod, node);
            };
        }
        if (!isOurs(object)) {
            return gone(uid);
        }
        return (world, waiting) -> wait(world, waiting, object, pod);
    }

    @Override
    public Loop.Change gone(Pod object) {
        return gone(object.getMetadata().getUid());
    }

    private static Loop.Change gone(String uid) {
        return (world, waiting) -> {
            waiting.remove(uid);
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
