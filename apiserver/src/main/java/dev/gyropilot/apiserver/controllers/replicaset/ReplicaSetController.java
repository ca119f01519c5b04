package dev.gyropilot.apiserver.controllers.replicaset;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Creates, adopts and deletes pods until as many run as the ReplicaSet asks for. */
public final class ReplicaSetController implements Reconciler {
    private static final int PARALLELISM = 32;

    private final Workspace workspace;

    private ReplicaSetController(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("replicaset", PARALLELISM, new ReplicaSetController(workspace));
        workspace.watch(ReplicaSet.class).addEventHandler(controller.handler(set -> List.of(Key.of(set))));
        workspace.watch(Pod.class).addEventHandler(controller.handler(pod -> setsOf(workspace, pod)));
        return controller;
    }

    private static List<Key> setsOf(Workspace workspace, Pod pod) {
        if (Owners.controller(pod).isPresent()) {
            return Owners.controllerKey(pod, "ReplicaSet");
        }
        return workspace.in(ReplicaSet.class, pod.getMetadata().getNamespace()).stream()
                .filter(set -> Selectors.matches(set.getSpec().getSelector(), pod))
                .map(Key::of)
                .toList();
    }

    @Override
    public Result reconcile(Key key) throws Exception {
        ReplicaSet set = workspace.get(ReplicaSet.class, key).orElse(null);
        if (set == null) {
            return Result.done();
        }
        ReplicaSetPlan plan = ReplicaSetPlan.plan(set, workspace.controlledOrFree(Pod.class, set));
        KubernetesClientException failure = null;
        try (var changes = new Changes(workspace)) {
            try {
                apply(set, plan, changes);
            } catch (KubernetesClientException e) {
                failure = e;
            }
            report(set, plan, failure, changes);
        }
        if (failure != null) {
            throw failure;
        }
        return Pods.nextAvailable(plan.kept(), minReadySeconds(set), workspace.now())
                .map(Result::after)
                .orElse(Result.done());
    }

    private void apply(ReplicaSet set, ReplicaSetPlan plan, Changes changes) throws Exception {
        for (Pod pod : plan.adopt()) {
            changes.update(new PodBuilder(pod)
                    .editMetadata()
                    .withOwnerReferences(Owners.with(pod, set))
                    .endMetadata()
                    .build());
        }
        for (Pod pod : plan.release()) {
            changes.update(new PodBuilder(pod)
                    .editMetadata()
                    .withOwnerReferences(Owners.without(pod, set))
                    .endMetadata()
                    .build());
        }
        var writes = new ArrayList<Callable<?>>();
        for (int i = 0; i < plan.create(); i++) {
            writes.add(() -> create(set, changes));
        }
        plan.delete().forEach(pod -> writes.add(() -> delete(set, pod, changes)));
        if (!writes.isEmpty()) {
            // One goes ahead: when it is refused (quota, admission), the others are not tried.
            writes.removeFirst().call();
            Changes.sideBySide(writes);
        }
    }

    private Pod create(ReplicaSet set, Changes changes) {
        try {
            Pod pod = changes.create(Pods.fromTemplate(set.getSpec().getTemplate(), set, null));
            workspace.normal(
                    set, "SuccessfulCreate", "Created pod: " + pod.getMetadata().getName());
            return pod;
        } catch (KubernetesClientException e) {
            workspace.warning(set, "FailedCreate", "Error creating: " + message(e));
            throw e;
        }
    }

    private boolean delete(ReplicaSet set, Pod pod, Changes changes) {
        boolean deleted = changes.delete(pod);
        if (deleted) {
            workspace.normal(
                    set, "SuccessfulDelete", "Deleted pod: " + pod.getMetadata().getName());
        }
        return deleted;
    }

    private void report(
            ReplicaSet set, ReplicaSetPlan plan, @Nullable KubernetesClientException failure, Changes changes) {
        ReplicaSetStatus status = status(set, plan, failure, workspace.now());
        if (!status.equals(set.getStatus())) {
            changes.updateStatus(new ReplicaSetBuilder(set).withStatus(status).build());
        }
    }

    static ReplicaSetStatus status(
            ReplicaSet set, ReplicaSetPlan plan, @Nullable KubernetesClientException failure, Instant now) {
        var template = Selectors.labels(new PodBuilder()
                .withMetadata(set.getSpec().getTemplate().getMetadata())
                .build());
        List<Pod> pods = plan.kept();
        int min = minReadySeconds(set);
        return new ReplicaSetStatusBuilder()
                .withReplicas(pods.size())
                .withFullyLabeledReplicas(
                        count(pods, pod -> Selectors.labels(pod).entrySet().containsAll(template.entrySet())))
                .withReadyReplicas(count(pods, Pods::isReady))
                .withAvailableReplicas(count(pods, pod -> Pods.isAvailable(pod, min, now)))
                .withTerminatingReplicas(plan.terminating().size())
                .withObservedGeneration(set.getMetadata().getGeneration())
                .withConditions(conditions(set, failure, now))
                .build();
    }

    private static List<ReplicaSetCondition> conditions(
            ReplicaSet set, @Nullable KubernetesClientException failure, Instant now) {
        List<ReplicaSetCondition> known =
                set.getStatus() == null ? List.of() : set.getStatus().getConditions();
        if (failure == null) {
            return known.stream()
                    .filter(c -> !c.getType().equals("ReplicaFailure"))
                    .toList();
        }
        if (known.stream().anyMatch(c -> c.getType().equals("ReplicaFailure"))) {
            return known;
        }
        var all = new ArrayList<>(known);
        all.add(new ReplicaSetConditionBuilder()
                .withType("ReplicaFailure")
                .withStatus("True")
                .withReason("FailedCreate")
                .withMessage(message(failure))
                .withLastTransitionTime(now.truncatedTo(ChronoUnit.SECONDS).toString())
                .build());
        return all;
    }

    private static @Nullable Integer count(List<Pod> pods, java.util.function.Predicate<Pod> condition) {
        long count = pods.stream().filter(condition).count();
        return count == 0 ? null : (int) count;
    }

    private static String message(KubernetesClientException e) {
        return e.getStatus() == null || e.getStatus().getMessage() == null
                ? String.valueOf(e.getMessage())
                : e.getStatus().getMessage();
    }

    private static int minReadySeconds(ReplicaSet set) {
        return Objects.requireNonNullElse(set.getSpec().getMinReadySeconds(), 0);
    }
}
