package dev.gyropilot.apiserver.controllers.statefulset;

import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The next steps of a StatefulSet: in order, at most one at a time and only while all others are well, or side by side.
 *
 * @param create ordinals of the pods to make, with the revision that each gets
 * @param delete pods to stop
 */
record StatefulSetPlan(Map<Integer, String> create, List<Pod> delete) {
    static final String REVISION = "controller-revision-hash";

    /**
     * @param pods pods of the set, by any ordinal
     * @param current hash of the template that pods below the partition keep
     * @param update hash of the present template
     */
    static StatefulSetPlan of(StatefulSet set, List<Pod> pods, String current, String update, Instant now) {
        var byOrdinal = new TreeMap<Integer, Pod>();
        pods.forEach(pod -> byOrdinal.put(ordinal(pod), pod));
        StatefulSetSpec spec = set.getSpec();
        int first = spec.getOrdinals() == null
                ? 0
                : Objects.requireNonNullElse(spec.getOrdinals().getStart(), 0);
        int end = first + Objects.requireNonNullElse(spec.getReplicas(), 1);
        boolean parallel = "Parallel".equals(spec.getPodManagementPolicy());
        int minReady = Objects.requireNonNullElse(spec.getMinReadySeconds(), 0);
        int partition = partition(spec);

        var create = new TreeMap<Integer, String>();
        var delete = new ArrayList<Pod>();
        for (int i = first; i < end; i++) {
            Pod pod = byOrdinal.get(i);
            if (pod == null) {
                create.put(i, i < partition ? current : update);
            } else if (Pods.isFinished(pod) && !Pods.isTerminating(pod)) {
                delete.add(pod);
            }
            boolean well = pod != null && !Pods.isTerminating(pod) && Pods.isAvailable(pod, minReady, now);
            if (!parallel && !well) {
                return new StatefulSetPlan(create, delete);
            }
        }
        List<Pod> surplus = byOrdinal.descendingMap().values().stream()
                .filter(pod -> ordinal(pod) < first || ordinal(pod) >= end)
                .toList();
        if (!surplus.isEmpty()) {
            boolean leaving = surplus.stream().anyMatch(Pods::isTerminating);
            surplus.stream()
                    .filter(pod -> !Pods.isTerminating(pod))
                    .limit(parallel ? Long.MAX_VALUE : leaving ? 0 : 1)
                    .forEach(delete::add);
            return new StatefulSetPlan(create, delete);
        }
        if (create.isEmpty() && delete.isEmpty() && !onDelete(spec)) {
            outdated(byOrdinal, first, end, Math.max(first, partition), update, minReady, now)
                    .forEach(delete::add);
        }
        return new StatefulSetPlan(create, delete);
    }

    /** The highest outdated pod, once all above it are well again. */
    private static List<Pod> outdated(
            TreeMap<Integer, Pod> pods, int first, int end, int from, String update, int minReady, Instant now) {
        if (pods.values().stream()
                .anyMatch(pod -> ordinal(pod) >= first && ordinal(pod) < end && Pods.isTerminating(pod))) {
            return List.of();
        }
        for (Pod pod : pods.descendingMap().values()) {
            if (ordinal(pod) < from || ordinal(pod) >= end) {
                continue;
            }
            if (!update.equals(Selectors.labels(pod).get(REVISION))) {
                return List.of(pod);
            }
            if (!Pods.isAvailable(pod, minReady, now)) {
                return List.of();
            }
        }
        return List.of();
    }

    static int ordinal(Pod pod) {
        String name = pod.getMetadata().getName();
        try {
            return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    static int partition(StatefulSetSpec spec) {
        var strategy = spec.getUpdateStrategy();
        return strategy == null || strategy.getRollingUpdate() == null
                ? 0
                : Objects.requireNonNullElse(strategy.getRollingUpdate().getPartition(), 0);
    }

    private static boolean onDelete(StatefulSetSpec spec) {
        return spec.getUpdateStrategy() != null
                && "OnDelete".equals(spec.getUpdateStrategy().getType());
    }

    static List<Pod> sorted(List<Pod> pods) {
        return pods.stream()
                .sorted(Comparator.comparingInt(StatefulSetPlan::ordinal))
                .toList();
    }
}
