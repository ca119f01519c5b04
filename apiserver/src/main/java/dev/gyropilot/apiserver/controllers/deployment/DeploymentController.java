package dev.gyropilot.apiserver.controllers.deployment;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Moves a Deployment's replicas from the ReplicaSets of old templates to that of the present one. */
public final class DeploymentController implements Reconciler {
    private static final int PARALLELISM = 16;
    private static final int HISTORY_DEFAULT = 10;

    private final Workspace workspace;

    private DeploymentController(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("deployment", PARALLELISM, new DeploymentController(workspace));
        workspace.watch(Deployment.class).addEventHandler(controller.handler(d -> List.of(Key.of(d))));
        workspace.watch(ReplicaSet.class).addEventHandler(controller.handler(set -> deploymentsOf(workspace, set)));
        // Recreate waits for the last pod of the old sets.
        workspace.watch(Pod.class).addEventHandler(controller.handler(pod -> recreatingOf(workspace, pod)));
        return controller;
    }

    private static List<Key> deploymentsOf(Workspace workspace, ReplicaSet set) {
        if (Owners.controller(set).isPresent()) {
            return Owners.controllerKey(set, "Deployment");
        }
        return workspace.in(Deployment.class, set.getMetadata().getNamespace()).stream()
                .filter(d -> Selectors.matches(d.getSpec().getSelector(), set))
                .map(Key::of)
                .toList();
    }

    private static List<Key> recreatingOf(Workspace workspace, Pod pod) {
        return Owners.controllerKey(pod, "ReplicaSet").stream()
                .flatMap(key -> workspace.get(ReplicaSet.class, key).stream())
                .flatMap(set -> Owners.controllerKey(set, "Deployment").stream())
                .filter(key -> workspace
                        .get(Deployment.class, key)
                        .filter(d -> Rollout.of(d).recreate())
                        .isPresent())
                .toList();
    }

    /** One run's view: the Deployment and its sets, which the steps replace by what they write. */
    private static final class Run {
        final Deployment deployment;
        final Rollout rollout;
        final Changes changes;
        final List<ReplicaSet> old = new ArrayList<>();

        @Nullable
        ReplicaSet current;

        Run(Deployment deployment, Changes changes) {
            this.deployment = deployment;
            this.rollout = Rollout.of(deployment);
            this.changes = changes;
        }

        List<ReplicaSet> all() {
            var all = new ArrayList<>(old);
            Optional.ofNullable(current).ifPresent(all::add);
            return all;
        }

        List<ReplicaSet> active() {
            return all().stream().filter(set -> Rollout.size(set) > 0).toList();
        }

        void replace(ReplicaSet set) {
            if (isCurrent(this, set)) {
                current = set;
            } else {
                old.replaceAll(
                        o -> o.getMetadata().getUid().equals(set.getMetadata().getUid()) ? set : o);
            }
        }
    }

    @Override
    public Result reconcile(Key key) throws Exception {
        Deployment deployment = workspace.get(Deployment.class, key).orElse(null);
        if (deployment == null || deployment.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        try (var changes = new Changes(workspace)) {
            Run run = observe(deployment, changes);
            boolean paused = Boolean.TRUE.equals(deployment.getSpec().getPaused());
            if (paused || run.rollout.wasScaled(run.active())) {
                scale(run);
            } else if (run.rollout.recreate()) {
                recreate(run);
            } else {
                roll(run);
            }
            if (!paused) {
                forgetOldRevisions(run);
            }
            return report(run);
        }
    }

    private Run observe(Deployment deployment, Changes changes) {
        var run = new Run(deployment, changes);
        var sets = new ArrayList<ReplicaSet>();
        for (ReplicaSet set : workspace.controlledOrFree(ReplicaSet.class, deployment)) {
            boolean matches = Selectors.matches(deployment.getSpec().getSelector(), set);
            if (Owners.controls(deployment, set)) {
                if (matches) {
                    sets.add(set);
                } else {
                    changes.update(new ReplicaSetBuilder(set)
                            .editMetadata()
                            .withOwnerReferences(Owners.without(set, deployment))
                            .endMetadata()
                            .build());
                }
            } else if (matches && set.getMetadata().getDeletionTimestamp() == null) {
                sets.add(changes.update(new ReplicaSetBuilder(set)
                        .editMetadata()
                        .withOwnerReferences(Owners.with(set, deployment))
                        .endMetadata()
                        .build()));
            }
        }
        run.current = Revisions.current(deployment, sets).orElse(null);
        sets.stream().filter(set -> !isCurrent(run, set)).forEach(run.old::add);
        return run;
    }

    private void roll(Run run) {
        ReplicaSet current = ensureCurrent(run);
        if (current == null) {
            return;
        }
        int next = run.rollout.currentSize(current, run.old);
        resize(run, current, next);
        if (next <= Rollout.size(current) || !run.old.isEmpty()) {
            run.rollout
                    .oldSizes(Objects.requireNonNull(run.current), run.old)
                    .forEach((set, size) -> resize(run, set, size));
        }
    }

    private void recreate(Run run) {
        if (run.current == null || !run.active().equals(List.of(run.current))) {
            List.copyOf(run.old).stream().filter(set -> Rollout.size(set) > 0).forEach(set -> resize(run, set, 0));
            boolean running = run.old.stream()
                    .flatMap(set -> workspace.controlledBy(Pod.class, set).stream())
                    .anyMatch(pod -> !Pods.isFinished(pod));
            if (running) {
                return;
            }
        }
        ReplicaSet current = ensureCurrent(run);
        if (current != null) {
            resize(run, current, run.rollout.replicas());
        }
    }

    /** A changed number of replicas, or a pause: no set begins and none ends, only sizes move. */
    private void scale(Run run) {
        List<ReplicaSet> active = run.active();
        if (active.size() <= 1) {
            ReplicaSet one = active.isEmpty() ? run.current : active.getFirst();
            if (one != null) {
                resize(run, one, run.rollout.replicas());
            }
        } else if (run.rollout.recreate()) {
            active.forEach(set -> resize(run, set, isCurrent(run, set) ? run.rollout.replicas() : 0));
        } else {
            run.rollout.proportionalSizes(active).forEach((set, size) -> resize(run, set, size));
        }
    }

    /** The set of the present template, made when it is missing, with the newest revision number. */
    private @Nullable ReplicaSet ensureCurrent(Run run) {
        long revision = run.old.stream().mapToLong(Revisions::number).max().orElse(0) + 1;
        ReplicaSet current = run.current;
        if (current == null) {
            run.current = create(run, revision);
            return run.current;
        }
        revision = Math.max(revision, Revisions.number(current));
        Map<String, String> present = Revisions.annotations(current);
        Map<String, String> wanted = Revisions.annotations(run.deployment, present, revision);
        int min = Objects.requireNonNullElse(run.deployment.getSpec().getMinReadySeconds(), 0);
        if (!wanted.equals(present)
                || min != Objects.requireNonNullElse(current.getSpec().getMinReadySeconds(), 0)) {
            run.current = run.changes.update(new ReplicaSetBuilder(current)
                    .editMetadata()
                    .withAnnotations(wanted)
                    .endMetadata()
                    .editSpec()
                    .withMinReadySeconds(min)
                    .endSpec()
                    .build());
        }
        return run.current;
    }

    private @Nullable ReplicaSet create(Run run, long revision) {
        Deployment deployment = run.deployment;
        String hash = Revisions.hash(deployment);
        int size = run.rollout.initialSize(run.old);
        var annotations = Revisions.annotations(deployment, Map.of(), revision);
        annotations.putAll(sizing(run.rollout));
        ReplicaSet wanted = new ReplicaSetBuilder()
                .withNewMetadata()
                .withName(deployment.getMetadata().getName() + "-" + hash)
                .withNamespace(deployment.getMetadata().getNamespace())
                .withLabels(deployment.getSpec().getTemplate().getMetadata().getLabels())
                .addToLabels(Revisions.HASH_LABEL, hash)
                .withAnnotations(annotations)
                .withOwnerReferences(Owners.reference(deployment))
                .endMetadata()
                .withNewSpec()
                .withReplicas(size)
                .withMinReadySeconds(deployment.getSpec().getMinReadySeconds())
                .withSelector(new LabelSelectorBuilder(deployment.getSpec().getSelector())
                        .addToMatchLabels(Revisions.HASH_LABEL, hash)
                        .build())
                .withTemplate(new PodTemplateSpecBuilder(deployment.getSpec().getTemplate())
                        .editMetadata()
                        .addToLabels(Revisions.HASH_LABEL, hash)
                        .endMetadata()
                        .build())
                .endSpec()
                .build();
        try {
            ReplicaSet created = run.changes.create(wanted);
            workspace.normal(
                    deployment,
                    "ScalingReplicaSet",
                    "Scaled up replica set " + created.getMetadata().getName() + " from 0 to " + size);
            return created;
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            countCollision(run, wanted);
            return null;
        }
    }

    /** The name is taken by a set with another template or owner: the next run hashes with a higher count. */
    private void countCollision(Run run, ReplicaSet wanted) {
        ReplicaSet other = workspace.client().resource(wanted).get();
        if (other == null || Owners.controls(run.deployment, other)) {
            throw new IllegalStateException(
                    "ReplicaSet " + wanted.getMetadata().getName() + " exists already and is not yet in the cache");
        }
        int count = run.deployment.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(run.deployment.getStatus().getCollisionCount(), 0);
        run.changes.updateStatus(new DeploymentBuilder(run.deployment)
                .withStatus(new DeploymentStatusBuilder(
                                Objects.requireNonNullElseGet(run.deployment.getStatus(), DeploymentStatus::new))
                        .withCollisionCount(count + 1)
                        .build())
                .build());
        throw new IllegalStateException(
                "ReplicaSet name " + wanted.getMetadata().getName() + " is taken");
    }

    private void resize(Run run, ReplicaSet set, int size) {
        int before = Rollout.size(set);
        Map<String, String> present = Revisions.annotations(set);
        var wanted = new HashMap<>(present);
        if (size > 0 || before > 0) {
            wanted.putAll(sizing(run.rollout));
        }
        if (size == before && wanted.equals(present)) {
            return;
        }
        ReplicaSet updated = run.changes.update(new ReplicaSetBuilder(set)
                .editMetadata()
                .withAnnotations(wanted)
                .endMetadata()
                .editSpec()
                .withReplicas(size)
                .endSpec()
                .build());
        run.replace(updated);
        if (size != before) {
            workspace.normal(
                    run.deployment,
                    "ScalingReplicaSet",
                    "Scaled " + (size > before ? "up" : "down") + " replica set "
                            + set.getMetadata().getName() + " from " + before + " to " + size);
        }
    }

    private static Map<String, String> sizing(Rollout rollout) {
        return Map.of(
                Revisions.DESIRED,
                Integer.toString(rollout.replicas()),
                Revisions.MAX,
                Integer.toString(rollout.replicas() + rollout.maxSurge()));
    }

    /** Deletes empty old sets beyond the history limit, oldest first, once the roll-out is complete. */
    private void forgetOldRevisions(Run run) {
        int limit = Objects.requireNonNullElse(run.deployment.getSpec().getRevisionHistoryLimit(), HISTORY_DEFAULT);
        List<ReplicaSet> empty = run.old.stream()
                .filter(set -> Rollout.size(set) == 0 && set.getMetadata().getDeletionTimestamp() == null)
                .filter(set -> set.getStatus() == null || replicas(set) == 0)
                .sorted(Comparator.comparingLong(Revisions::number))
                .toList();
        empty.stream().limit(Math.max(0, empty.size() - limit)).forEach(run.changes::delete);
    }

    private Result report(Run run) {
        var report = new DeploymentReport(run.deployment, run.current, run.all(), workspace.now());
        DeploymentStatus status = report.status();
        Deployment deployment = run.deployment;
        ReplicaSet current = run.current;
        if (current != null && Revisions.number(current) != Revisions.number(deployment)) {
            deployment = run.changes.merge(
                    deployment,
                    "{\"metadata\":{\"annotations\":{\"" + Revisions.REVISION + "\":\"" + Revisions.number(current)
                            + "\"}}}");
        }
        if (!status.equals(deployment.getStatus())) {
            run.changes.updateStatus(
                    new DeploymentBuilder(deployment).withStatus(status).build());
        }
        return report.deadline(status).map(Result::after).orElse(Result.done());
    }

    private static boolean isCurrent(Run run, ReplicaSet set) {
        return run.current != null
                && run.current.getMetadata().getUid().equals(set.getMetadata().getUid());
    }

    private static int replicas(ReplicaSet set) {
        return Objects.requireNonNullElse(set.getStatus().getReplicas(), 0);
    }
}
