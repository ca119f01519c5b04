package dev.gyropilot.apiserver.controllers.deployment;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many replicas each ReplicaSet of a Deployment should have next. Pure: the sizes of the sets in, the new sizes out.
 *
 * @param replicas replicas that the Deployment wants in all
 * @param maxSurge how many more may exist for a while
 * @param maxUnavailable how many may be missing for a while
 */
record Rollout(int replicas, int maxSurge, int maxUnavailable, boolean recreate) {

    static Rollout of(Deployment deployment) {
        int replicas = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        var strategy = deployment.getSpec().getStrategy();
        if (strategy != null && "Recreate".equals(strategy.getType())) {
            return new Rollout(replicas, 0, replicas, true);
        }
        RollingUpdateDeployment rolling = strategy == null ? null : strategy.getRollingUpdate();
        int surge = share(rolling == null ? null : rolling.getMaxSurge(), replicas, true);
        int unavailable = share(rolling == null ? null : rolling.getMaxUnavailable(), replicas, false);
        // Both may round to nothing, and then nothing could ever move.
        return new Rollout(
                replicas, surge, surge == 0 && unavailable == 0 ? 1 : Math.min(unavailable, replicas), false);
    }

    private static int share(@Nullable IntOrString value, int replicas, boolean up) {
        if (value == null) {
            return share(new IntOrString("25%"), replicas, up);
        }
        if (value.getIntVal() != null) {
            return value.getIntVal();
        }
        String text = value.getStrVal();
        double part = Integer.parseInt(text.substring(0, text.length() - 1)) * replicas / 100.0;
        return (int) (up ? Math.ceil(part) : Math.floor(part));
    }

    /** The most replicas that may exist at a time. */
    int most() {
        return replicas == 0 ? 0 : replicas + maxSurge;
    }

    /** The size of a ReplicaSet that is made for the present template. */
    int initialSize(Collection<ReplicaSet> old) {
        if (recreate) {
            return replicas;
        }
        return Math.clamp(replicas + maxSurge - sum(old), 0, replicas);
    }

    /** The next size of the current set: up within the surge, or down to what is wanted. */
    int currentSize(ReplicaSet current, Collection<ReplicaSet> old) {
        int size = size(current);
        if (recreate || size > replicas) {
            return replicas;
        }
        int room = replicas + maxSurge - sum(old) - size;
        return size + Math.clamp(room, 0, replicas - size);
    }

    /** The next sizes of the old sets: the sick first, then as many as the available ones allow. */
    Map<ReplicaSet, Integer> oldSizes(ReplicaSet current, List<ReplicaSet> old) {
        if (recreate) {
            var none = new LinkedHashMap<ReplicaSet, Integer>();
            old.stream().filter(set -> size(set) > 0).forEach(set -> none.put(set, 0));
            return none;
        }
        int minAvailable = replicas - maxUnavailable;
        int currentUnavailable = size(current) - available(current);
        int mayGo = size(current) + sum(old) - minAvailable - currentUnavailable;
        var sizes = new LinkedHashMap<ReplicaSet, Integer>();
        List<ReplicaSet> oldestFirst = old.stream()
                .filter(set -> size(set) > 0)
                .sorted(Comparator.comparing(
                        (ReplicaSet set) -> set.getMetadata().getCreationTimestamp()))
                .toList();
        for (ReplicaSet set : oldestFirst) {
            int sick = Math.clamp(size(set) - available(set), 0, Math.max(0, mayGo));
            if (sick > 0) {
                sizes.put(set, size(set) - sick);
                mayGo -= sick;
            }
        }
        int spare =
                available(current) + old.stream().mapToInt(Rollout::available).sum() - minAvailable;
        for (ReplicaSet set : oldestFirst) {
            int left = sizes.getOrDefault(set, size(set));
            int go = Math.clamp(left, 0, Math.max(0, spare));
            if (go > 0) {
                sizes.put(set, left - go);
                spare -= go;
            }
        }
        return sizes;
    }

    /**
     * The sizes after the Deployment's own number of replicas changed in the midst of a roll-out or a pause: the change is
     * spread over the sets in proportion to their sizes, larger and newer ones first.
     */
    Map<ReplicaSet, Integer> proportionalSizes(List<ReplicaSet> active) {
        int total = sum(active);
        int change = (replicas == 0 ? 0 : replicas + maxSurge) - total;
        var sizes = new LinkedHashMap<ReplicaSet, Integer>();
        int left = change;
        List<ReplicaSet> bySize = active.stream()
                .sorted(Comparator.comparingInt(Rollout::size)
                        .reversed()
                        .thenComparing(
                                (ReplicaSet set) -> set.getMetadata().getCreationTimestamp(),
                                change > 0 ? Comparator.reverseOrder() : Comparator.naturalOrder()))
                .toList();
        for (ReplicaSet set : bySize) {
            int part = total == 0 ? 0 : Math.round((float) change * size(set) / total);
            part = change > 0 ? Math.clamp(part, 0, left) : Math.clamp(part, left, 0);
            sizes.put(set, size(set) + part);
            left -= part;
        }
        if (!bySize.isEmpty() && left != 0) {
            sizes.merge(bySize.getFirst(), left, (size, more) -> Math.max(0, size + more));
        }
        return sizes;
    }

    /** Whether the Deployment was scaled since its active sets were last sized. */
    boolean wasScaled(List<ReplicaSet> active) {
        return active.stream()
                .map(set -> Optional.ofNullable(Revisions.annotations(set).get(Revisions.DESIRED)))
                .anyMatch(desired -> desired.filter(d -> !d.equals(Integer.toString(replicas)))
                        .isPresent());
    }

    static int size(ReplicaSet set) {
        return Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
    }

    static int available(ReplicaSet set) {
        return set.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(set.getStatus().getAvailableReplicas(), 0);
    }

    static int sum(Collection<ReplicaSet> sets) {
        return sets.stream().mapToInt(Rollout::size).sum();
    }
}
