package dev.gyropilot.apiserver.controllers.deployment;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A Deployment's status, computed from its ReplicaSets. */
final class DeploymentReport {
    private static final String PROGRESSING = "Progressing";
    private static final String NEW_SET_AVAILABLE = "NewReplicaSetAvailable";
    private static final String DEADLINE_EXCEEDED = "ProgressDeadlineExceeded";

    /** The value that means that no deadline holds. */
    private static final int NO_DEADLINE = Integer.MAX_VALUE;

    private final Deployment deployment;
    private final @Nullable ReplicaSet current;
    private final List<ReplicaSet> all;
    private final Instant now;
    private final DeploymentStatus before;

    /** @param current the set of the present template, one of {@code all}, or null before it exists */
    DeploymentReport(Deployment deployment, @Nullable ReplicaSet current, List<ReplicaSet> all, Instant now) {
        this.deployment = deployment;
        this.current = current;
        this.all = all;
        this.now = now;
        this.before = Objects.requireNonNullElseGet(deployment.getStatus(), DeploymentStatus::new);
    }

    DeploymentStatus status() {
        int replicas = sum(all, ReplicaSetStatus::getReplicas);
        int available = sum(all, ReplicaSetStatus::getAvailableReplicas);
        int wanted = Rollout.of(deployment).replicas();
        DeploymentStatus status = new DeploymentStatusBuilder()
                .withObservedGeneration(deployment.getMetadata().getGeneration())
                .withReplicas(orNull(replicas))
                .withUpdatedReplicas(orNull(updated()))
                .withReadyReplicas(orNull(sum(all, ReplicaSetStatus::getReadyReplicas)))
                .withAvailableReplicas(orNull(available))
                .withUnavailableReplicas(orNull(Math.max(0, Math.max(replicas, Rollout.sum(all)) - available)))
                .withTerminatingReplicas(sum(all, ReplicaSetStatus::getTerminatingReplicas))
                .withCollisionCount(before.getCollisionCount())
                .build();
        var conditions = new ArrayList<DeploymentCondition>();
        conditions.add(available(available >= wanted - Rollout.of(deployment).maxUnavailable()));
        progressing(status, wanted).ifPresent(conditions::add);
        replicaFailure().ifPresent(conditions::add);
        status.setConditions(conditions);
        return status;
    }

    /** When the progress deadline will have passed; empty when none is running. */
    Optional<Duration> deadline(DeploymentStatus status) {
        if (!hasDeadline()) {
            return Optional.empty();
        }
        return find(status, PROGRESSING)
                .filter(c -> c.getStatus().equals("True") && !c.getReason().equals(NEW_SET_AVAILABLE))
                .map(c -> Instant.parse(c.getLastUpdateTime()).plusSeconds(deadlineSeconds()))
                .filter(at -> at.isAfter(now))
                .map(at -> Duration.between(now, at).plusSeconds(1));
    }

    private DeploymentCondition available(boolean enough) {
        return enough
                ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
                : condition(
                        "Available",
                        "False",
                        "MinimumReplicasUnavailable",
                        "Deployment does not have minimum availability.");
    }

    private Optional<DeploymentCondition> progressing(DeploymentStatus status, int wanted) {
        if (!hasDeadline()) {
            return Optional.empty();
        }
        Optional<DeploymentCondition> known = find(before, PROGRESSING);
        if (Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            return Optional.of(condition(PROGRESSING, "Unknown", "DeploymentPaused", "Deployment is paused"));
        }
        if (current == null) {
            return known;
        }
        String name = current.getMetadata().getName();
        boolean complete = or0(status.getUpdatedReplicas()) == wanted
                && or0(status.getReplicas()) == wanted
                && or0(status.getAvailableReplicas()) == wanted;
        if (complete) {
            return Optional.of(condition(
                    PROGRESSING,
                    "True",
                    NEW_SET_AVAILABLE,
                    "ReplicaSet \"" + name + "\" has successfully progressed."));
        }
        boolean settled =
                known.filter(c -> c.getReason().equals(NEW_SET_AVAILABLE)).isPresent();
        if (settled
                && or0(status.getUpdatedReplicas()) == or0(before.getUpdatedReplicas())
                && known.filter(c -> c.getMessage().contains("\"" + name + "\""))
                        .isPresent()) {
            // A pod lost after the roll-out, or a change of scale: that is no new roll-out.
            return known;
        }
        if (known.isEmpty() || settled || progressed(status)) {
            DeploymentCondition moving =
                    condition(PROGRESSING, "True", "ReplicaSetUpdated", "ReplicaSet \"" + name + "\" is progressing.");
            moving.setLastUpdateTime(time());
            return Optional.of(moving);
        }
        DeploymentCondition last = known.get();
        if (last.getStatus().equals("True")
                && !Instant.parse(last.getLastUpdateTime())
                        .plusSeconds(deadlineSeconds())
                        .isAfter(now)) {
            return Optional.of(condition(
                    PROGRESSING, "False", DEADLINE_EXCEEDED, "ReplicaSet \"" + name + "\" has timed out progressing."));
        }
        if (last.getStatus().equals("Unknown")) {
            return Optional.of(condition(PROGRESSING, "True", "DeploymentResumed", "Deployment is resumed"));
        }
        return known;
    }

    private boolean progressed(DeploymentStatus status) {
        int oldBefore = or0(before.getReplicas()) - or0(before.getUpdatedReplicas());
        int oldNow = or0(status.getReplicas()) - or0(status.getUpdatedReplicas());
        return or0(status.getUpdatedReplicas()) > or0(before.getUpdatedReplicas())
                || oldNow < oldBefore
                || or0(status.getReadyReplicas()) > or0(before.getReadyReplicas())
                || or0(status.getAvailableReplicas()) > or0(before.getAvailableReplicas());
    }

    private Optional<DeploymentCondition> replicaFailure() {
        return all.stream()
                .filter(set -> set.getStatus() != null)
                .flatMap(set -> set.getStatus().getConditions().stream())
                .filter(c ->
                        c.getType().equals("ReplicaFailure") && c.getStatus().equals("True"))
                .findFirst()
                .map(c -> condition("ReplicaFailure", "True", c.getReason(), c.getMessage()));
    }

    /** Times move only with what they tell of: the transition with the status, the update with the reason. */
    private DeploymentCondition condition(String type, String status, String reason, String message) {
        Optional<DeploymentCondition> known = find(before, type);
        boolean sameStatus = known.filter(c -> c.getStatus().equals(status)).isPresent();
        boolean same = sameStatus
                && known.filter(c ->
                                c.getReason().equals(reason) && c.getMessage().equals(message))
                        .isPresent();
        return new DeploymentConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(sameStatus ? known.get().getLastTransitionTime() : time())
                .withLastUpdateTime(same ? known.get().getLastUpdateTime() : time())
                .build();
    }

    private int updated() {
        return current == null || current.getStatus() == null
                ? 0
                : or0(current.getStatus().getReplicas());
    }

    private boolean hasDeadline() {
        return deadlineSeconds() != NO_DEADLINE;
    }

    private int deadlineSeconds() {
        return Objects.requireNonNullElse(deployment.getSpec().getProgressDeadlineSeconds(), NO_DEADLINE);
    }

    private String time() {
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Optional<DeploymentCondition> find(DeploymentStatus status, String type) {
        return status.getConditions().stream()
                .filter(c -> c.getType().equals(type))
                .findFirst();
    }

    private static int sum(List<ReplicaSet> sets, Function<ReplicaSetStatus, @Nullable Integer> value) {
        return sets.stream()
                .filter(set -> set.getStatus() != null)
                .mapToInt(set -> or0(value.apply(set.getStatus())))
                .sum();
    }

    private static int or0(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static @Nullable Integer orNull(int value) {
        return value == 0 ? null : value;
    }
}
