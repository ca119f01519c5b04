package dev.gyropilot.node.pod;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodReadinessGate;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A pod's status in kubelets' words, computed from what the node knows. */
final class PodStatuses {
    private PodStatuses() {}

    /**
     * What a status is made of.
     *
     * @param previous the status last reported, for the times of its conditions
     */
    record Facts(
            Pod pod,
            Collection<ContainerLife> containers,
            boolean initialized,
            boolean sandbox,
            PodRecord.@Nullable Outcome outcome,
            String podIp,
            String hostIp,
            String startTime,
            @Nullable PodStatus previous,
            Instant now) {
        List<ContainerLife> of(boolean apps) {
            return containers.stream().filter(c -> (c.role == Role.APP) == apps).toList();
        }
    }

    static PodStatus of(Facts facts) {
        PodRecord.Outcome outcome = facts.outcome();
        var status = new PodStatusBuilder()
                .withPhase(phase(facts))
                .withReason(outcome == null || outcome.reason().isEmpty() ? null : outcome.reason())
                .withMessage(outcome == null || outcome.message().isEmpty() ? null : outcome.message())
                .withObservedGeneration(facts.pod().getMetadata().getGeneration())
                .withStartTime(facts.startTime())
                .withQosClass(Qos.of(facts.pod()))
                .withHostIP(facts.hostIp())
                .withHostIPs(new HostIP(facts.hostIp()))
                .withInitContainerStatuses(
                        facts.of(false).stream().map(c -> container(c, facts)).toList())
                .withContainerStatuses(
                        facts.of(true).stream().map(c -> container(c, facts)).toList())
                .withConditions(conditions(facts));
        if (facts.sandbox()) {
            status.withPodIP(facts.podIp()).withPodIPs(new PodIP(facts.podIp()));
        }
        return status.build();
    }

    /** A pod that this node refuses to run. */
    static PodStatus rejected(Pod pod, String reason, String message, Instant now) {
        return new PodStatusBuilder()
                .withPhase(PodPlan.FAILED)
                .withReason(reason)
                .withMessage(message)
                .withStartTime(seconds(now))
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .build();
    }

    static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String phase(Facts facts) {
        if (facts.outcome() != null) {
            // Sidecars may still be ending; the phase must not be final before nothing runs.
            boolean runs = facts.containers().stream().anyMatch(ContainerLife::running);
            return runs ? "Running" : facts.outcome().phase();
        }
        if (!facts.initialized()) {
            return "Pending";
        }
        boolean anyNew = facts.of(true).stream().anyMatch(c -> !c.running() && c.ended == null);
        return anyNew ? "Pending" : "Running";
    }

    private static ContainerStatus container(ContainerLife life, Facts facts) {
        ContainerState state = state(life, facts);
        Termination last = state.getTerminated() == null && life.ended != null ? life.ended : life.last;
        return new ContainerStatusBuilder()
                .withName(life.name())
                .withImage(life.spec.getImage())
                .withImageID(life.attempts == 0 ? "" : life.spec.getImage())
                .withContainerID(life.attempts == 0 ? null : id(facts.pod(), life))
                .withRestartCount(life.restarts)
                .withReady(ready(life))
                .withStarted(life.running() && life.started)
                .withState(state)
                .withLastState(
                        last == null
                                ? new ContainerState()
                                : new ContainerStateBuilder()
                                        .withTerminated(last.toState())
                                        .build())
                .withResources(life.spec.getResources())
                .build();
    }

    static String id(Pod pod, ContainerLife life) {
        return "gyropilot://" + pod.getMetadata().getUid() + "/" + life.name() + "/" + life.attempt();
    }

    private static boolean ready(ContainerLife life) {
        return switch (life.role) {
            case INIT -> life.ended != null && life.ended.exitCode() == 0;
            case SIDECAR, APP -> life.running() && life.started && life.ready;
        };
    }

    private static ContainerState state(ContainerLife life, Facts facts) {
        var state = new ContainerStateBuilder();
        if (life.running()) {
            return state.withNewRunning()
                    .withStartedAt(seconds(Objects.requireNonNullElse(life.startedAt, facts.now())))
                    .endRunning()
                    .build();
        }
        if (!life.waitingReason.isEmpty()) {
            return state.withNewWaiting()
                    .withReason(life.waitingReason)
                    .withMessage(life.waitingMessage.isEmpty() ? null : life.waitingMessage)
                    .endWaiting()
                    .build();
        }
        if (life.ended != null) {
            return state.withTerminated(life.ended.toState()).build();
        }
        boolean afterInit = !facts.of(false).isEmpty() && !facts.initialized();
        return state.withNewWaiting()
                .withReason(afterInit ? "PodInitializing" : "ContainerCreating")
                .endWaiting()
                .build();
    }

    private static List<PodCondition> conditions(Facts facts) {
        boolean completed = facts.outcome() != null && facts.outcome().phase().equals(PodPlan.SUCCEEDED);
        List<String> notInitialized = facts.initialized()
                ? List.of()
                : facts.of(false).stream()
                        .filter(c -> !ready(c) && !(c.role == Role.SIDECAR && c.started))
                        .map(ContainerLife::name)
                        .toList();
        List<String> unready = Stream.concat(
                        facts.of(false).stream().filter(c -> c.role == Role.SIDECAR), facts.of(true).stream())
                .filter(c -> !ready(c))
                .map(ContainerLife::name)
                .toList();
        var result = new ArrayList<PodCondition>();
        boolean sandbox =
                facts.sandbox() && facts.containers().stream().anyMatch(c -> c.attempts > 0) && facts.outcome() == null;
        result.add(condition(facts, "PodReadyToStartContainers", sandbox, null, null));
        result.add(
                completed || facts.initialized()
                        ? condition(facts, "Initialized", true, completed ? "PodCompleted" : null, null)
                        : condition(
                                facts,
                                "Initialized",
                                false,
                                "ContainersNotInitialized",
                                "containers with incomplete status: " + spaced(notInitialized)));
        addReadiness(facts, result, completed, unready);
        result.add(condition(facts, "PodScheduled", true, null, null));
        return result;
    }

    private static void addReadiness(Facts facts, List<PodCondition> result, boolean completed, List<String> unready) {
        boolean containersReady = unready.isEmpty() && facts.outcome() == null;
        String reason = completed ? "PodCompleted" : "ContainersNotReady";
        String message = completed ? null : "containers with unready status: " + spaced(unready);
        List<String> gates = openGates(facts.pod());
        if (containersReady && !gates.isEmpty()) {
            result.add(condition(
                    facts,
                    "Ready",
                    false,
                    "ReadinessGatesNotReady",
                    "corresponding condition of pod readiness gate \"" + gates.getFirst()
                            + "\" does not exist or is not" + " True."));
        } else {
            result.add(condition(
                    facts,
                    "Ready",
                    containersReady,
                    containersReady ? null : reason,
                    containersReady ? null : message));
        }
        result.add(condition(
                facts,
                "ContainersReady",
                containersReady,
                containersReady ? null : reason,
                containersReady ? null : message));
    }

    private static List<String> openGates(Pod pod) {
        List<PodReadinessGate> gates = pod.getSpec().getReadinessGates();
        List<PodCondition> conditions =
                pod.getStatus() == null ? List.of() : pod.getStatus().getConditions();
        return gates.stream()
                .map(PodReadinessGate::getConditionType)
                .filter(type ->
                        conditions.stream().noneMatch(c -> c.getType().equals(type) && "True".equals(c.getStatus())))
                .toList();
    }

    private static PodCondition condition(
            Facts facts, String type, boolean status, @Nullable String reason, @Nullable String message) {
        String value = status ? "True" : "False";
        PodStatus previous = facts.previous();
        String since = previous == null
                ? seconds(facts.now())
                : previous.getConditions().stream()
                        .filter(c -> c.getType().equals(type) && value.equals(c.getStatus()))
                        .map(PodCondition::getLastTransitionTime)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(seconds(facts.now()));
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .withObservedGeneration(facts.pod().getMetadata().getGeneration())
                .build();
    }

    private static String spaced(List<String> names) {
        return "[" + String.join(" ", names) + "]";
    }
}
