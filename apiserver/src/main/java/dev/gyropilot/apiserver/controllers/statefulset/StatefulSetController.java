package dev.gyropilot.apiserver.controllers.statefulset;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import dev.gyropilot.apiserver.controllers.TemplateHistory;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps a StatefulSet's pods, each with its own lasting name. Claim templates are refused: there are no volumes to claim. */
public final class StatefulSetController implements Reconciler {
    private static final int PARALLELISM = 16;
    private static final int HISTORY_DEFAULT = 10;

    private final Workspace workspace;

    private StatefulSetController(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("statefulset", PARALLELISM, new StatefulSetController(workspace));
        workspace.watch(StatefulSet.class).addEventHandler(controller.handler(set -> List.of(Key.of(set))));
        workspace.watch(Pod.class).addEventHandler(controller.handler(pod -> Owners.controllerKey(pod, "StatefulSet")));
        workspace.watch(ControllerRevision.class);
        return controller;
    }

    @Override
    public Result reconcile(Key key) {
        StatefulSet set = workspace.get(StatefulSet.class, key).orElse(null);
        if (set == null || set.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        if (!set.getSpec().getVolumeClaimTemplates().isEmpty()) {
            workspace.warning(
                    set,
                    "VolumeClaimTemplatesNotSupported",
                    "spec.volumeClaimTemplates is set, and this cluster has no persistent volumes to claim: use a hostPath"
                            + " or emptyDir volume in the template instead");
            return Result.done();
        }
        Instant now = workspace.now();
        List<Pod> pods = workspace.controlledBy(Pod.class, set);
        try (var changes = new Changes(workspace)) {
            var history = new TemplateHistory(workspace, set);
            String update = history.newest(
                            set.getSpec().getTemplate(),
                            Objects.requireNonNullElse(
                                    set.getSpec().getSelector().getMatchLabels(), Map.of()),
                            changes)
                    .getMetadata()
                    .getName();
            String current = set.getStatus() == null || set.getStatus().getCurrentRevision() == null
                    ? update
                    : set.getStatus().getCurrentRevision();
            StatefulSetPlan plan = StatefulSetPlan.of(set, pods, current, update, now);
            plan.create().forEach((ordinal, revision) -> create(set, history, ordinal, revision, changes));
            plan.delete().forEach(pod -> delete(set, pod, changes));
            StatefulSetStatus status = status(set, pods, current, update, now);
            if (!status.equals(set.getStatus())) {
                changes.updateStatus(
                        new StatefulSetBuilder(set).withStatus(status).build());
            }
            history.prune(
                    Objects.requireNonNullElse(set.getSpec().getRevisionHistoryLimit(), HISTORY_DEFAULT),
                    List.of(current, update),
                    changes);
        }
        return Pods.nextAvailable(pods, minReadySeconds(set), now)
                .map(Result::after)
                .orElse(Result.done());
    }

    private void create(StatefulSet set, TemplateHistory history, int ordinal, String revision, Changes changes) {
        PodTemplateSpec template =
                history.template(revision).orElse(set.getSpec().getTemplate());
        String name = set.getMetadata().getName() + "-" + ordinal;
        Pod pod = new PodBuilder(Pods.fromTemplate(template, set, name))
                .editMetadata()
                .addToLabels("statefulset.kubernetes.io/pod-name", name)
                .addToLabels("apps.kubernetes.io/pod-index", Integer.toString(ordinal))
                .addToLabels(StatefulSetPlan.REVISION, revision)
                .endMetadata()
                .editSpec()
                .withHostname(name)
                .withSubdomain(set.getSpec().getServiceName())
                .endSpec()
                .build();
        changes.create(pod);
        workspace.normal(
                set,
                "SuccessfulCreate",
                "create Pod " + name + " in StatefulSet " + set.getMetadata().getName() + " successful");
    }

    private void delete(StatefulSet set, Pod pod, Changes changes) {
        if (changes.delete(pod)) {
            workspace.normal(
                    set,
                    "SuccessfulDelete",
                    "delete Pod " + pod.getMetadata().getName() + " in StatefulSet "
                            + set.getMetadata().getName() + " successful");
        }
    }

    private static StatefulSetStatus status(
            StatefulSet set, List<Pod> pods, String current, String update, Instant now) {
        int wanted = Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
        int min = minReadySeconds(set);
        List<Pod> active = pods.stream().filter(Pods::isActive).toList();
        int updated = count(active, pod -> isOf(pod, update));
        int ready = count(active, Pods::isReady);
        boolean complete = StatefulSetPlan.partition(set.getSpec()) == 0
                && updated == wanted
                && ready == wanted
                && pods.size() == wanted;
        String settled = complete ? update : current;
        return new StatefulSetStatusBuilder()
                .withObservedGeneration(set.getMetadata().getGeneration())
                .withReplicas(pods.size())
                .withReadyReplicas(orNull(ready))
                .withAvailableReplicas(count(active, pod -> Pods.isAvailable(pod, min, now)))
                .withCurrentReplicas(orNull(count(active, pod -> isOf(pod, settled))))
                .withUpdatedReplicas(orNull(updated))
                .withCurrentRevision(settled)
                .withUpdateRevision(update)
                .withCollisionCount(0)
                .build();
    }

    private static boolean isOf(Pod pod, String revision) {
        return revision.equals(Selectors.labels(pod).get(StatefulSetPlan.REVISION));
    }

    private static int count(List<Pod> pods, Predicate<Pod> condition) {
        return (int) pods.stream().filter(condition).count();
    }

    private static @Nullable Integer orNull(int value) {
        return value == 0 ? null : value;
    }

    private static int minReadySeconds(StatefulSet set) {
        return Objects.requireNonNullElse(set.getSpec().getMinReadySeconds(), 0);
    }
}
