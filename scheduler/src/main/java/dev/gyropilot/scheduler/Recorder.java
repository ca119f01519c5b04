package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;

/** Notes what is decided, and hands it on to be carried out. */
final class Recorder implements Actions {
    private final Actions next;
    private List<Outcome> outcomes = new ArrayList<>();

    Recorder(Actions next) {
        this.next = next;
    }

    /** What was decided since the last call, in order. */
    List<Outcome> take() {
        List<Outcome> taken = outcomes;
        outcomes = new ArrayList<>();
        return taken;
    }

    @Override
    public void bind(List<Bind> gang) {
        gang.forEach(one ->
                outcomes.add(new Outcome.Bound(one.decision(), Key.of(one.pod()).toString(), one.placed())));
        next.bind(gang);
    }

    @Override
    public void evict(long decision, String job, Pod pod, String reason, String message) {
        outcomes.add(new Outcome.Stopped(decision, Key.of(pod).toString(), reason, message));
        next.evict(decision, job, pod, reason, message);
    }

    @Override
    public void refuse(long decision, Pod pod, String reason, String message) {
        outcomes.add(new Outcome.Refused(decision, Key.of(pod).toString(), reason, message));
        next.refuse(decision, pod, reason, message);
    }

    @Override
    public void queueStatus(QueueStatuses.Seen seen) {
        next.queueStatus(seen);
    }
}
