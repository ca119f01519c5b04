package dev.gyropilot.apiserver.controllers.replicaset;

import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a ReplicaSet's pods need.
 *
 * @param adopt pods that match and that nobody controls
 * @param release pods that it controls and that no longer match
 * @param create how many pods are missing
 * @param delete pods beyond the wanted number
 * @param kept active pods of the set after adoption and release, before creation and deletion
 * @param terminating pods of the set on their way out
 */
record ReplicaSetPlan(
        List<Pod> adopt, List<Pod> release, int create, List<Pod> delete, List<Pod> kept, List<Pod> terminating) {
    /** The most pods that one run creates or deletes; the rest follows in the next. */
    static final int BURST_LIMIT = 500;

    /** @param candidates pods of the namespace that the set controls or nobody does */
    static ReplicaSetPlan plan(ReplicaSet set, List<Pod> candidates) {
        var adopt = new ArrayList<Pod>();
        var release = new ArrayList<Pod>();
        var kept = new ArrayList<Pod>();
        var terminating = new ArrayList<Pod>();
        boolean deleted = set.getMetadata().getDeletionTimestamp() != null;
        for (Pod pod : candidates) {
            boolean matches = Selectors.matches(set.getSpec().getSelector(), pod);
            if (Owners.controls(set, pod)) {
                if (!matches) {
                    release.add(pod);
                } else if (Pods.isActive(pod)) {
                    kept.add(pod);
                } else if (Pods.isTerminating(pod)) {
                    terminating.add(pod);
                }
            } else if (matches && Pods.isActive(pod) && !deleted) {
                adopt.add(pod);
                kept.add(pod);
            }
        }
        int wanted = Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
        int missing = deleted ? 0 : Math.min(BURST_LIMIT, Math.max(0, wanted - kept.size()));
        int surplus = deleted ? 0 : Math.min(BURST_LIMIT, Math.max(0, kept.size() - wanted));
        List<Pod> delete = Pods.leastWorthFirst(kept).subList(0, surplus);
        return new ReplicaSetPlan(adopt, release, missing, List.copyOf(delete), kept, terminating);
    }
}
