package dev.gyropilot.node.simulate;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;

/** The status of a simulated pod: running and ready, or completed. */
final class SimulatedStatus {
    private static final String HOST = "127.0.0.1";

    private SimulatedStatus() {}

    static PodStatus of(Pod pod, SimulatedPod state, boolean ended, Instant now) {
        String reason = ended ? "PodCompleted" : null;
        return new PodStatusBuilder()
                .withPhase(ended ? "Succeeded" : "Running")
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .withStartTime(seconds(state.startAt()))
                .withHostIP(HOST)
                .withHostIPs(new HostIP(HOST))
                .withPodIP(state.podIp())
                .withPodIPs(new PodIP(state.podIp()))
                .withInitContainerStatuses(pod.getSpec().getInitContainers().stream()
                        .map(c -> container(c, pod, state, !"Always".equals(c.getRestartPolicy()) || ended, now))
                        .toList())
                .withContainerStatuses(pod.getSpec().getContainers().stream()
                        .map(c -> container(c, pod, state, ended, now))
                        .toList())
                .withConditions(Stream.of(
                                condition(pod, "PodReadyToStartContainers", !ended, null, now),
                                condition(pod, "Initialized", true, reason, now),
                                condition(pod, "Ready", !ended, reason, now),
                                condition(pod, "ContainersReady", !ended, reason, now))
                        .toList())
                .build();
    }

    private static ContainerStatus container(
            Container container, Pod pod, SimulatedPod state, boolean ended, Instant now) {
        String id = "simulated://" + pod.getMetadata().getUid() + "/" + container.getName();
        boolean init = pod.getSpec().getInitContainers().contains(container);
        var status = new ContainerStatusBuilder()
                .withName(container.getName())
                .withImage(container.getImage())
                .withImageID("simulated://" + container.getImage())
                .withContainerID(id)
                .withRestartCount(0)
                .withReady(!ended || init)
                .withStarted(!ended)
                .withResources(container.getResources());
        if (ended) {
            return status.withNewState()
                    .withNewTerminated()
                    .withExitCode(0)
                    .withReason("Completed")
                    .withContainerID(id)
                    .withStartedAt(seconds(state.startAt()))
                    .withFinishedAt(seconds(init ? state.startAt() : now))
                    .endTerminated()
                    .endState()
                    .build();
        }
        return status.withNewState()
                .withNewRunning()
                .withStartedAt(seconds(state.startAt()))
                .endRunning()
                .endState()
                .build();
    }

    private static PodCondition condition(
            Pod pod, String type, boolean status, @org.jspecify.annotations.Nullable String reason, Instant now) {
        String value = status ? "True" : "False";
        List<PodCondition> before =
                pod.getStatus() == null ? List.of() : pod.getStatus().getConditions();
        String since = before.stream()
                .filter(c ->
                        c.getType().equals(type) && value.equals(c.getStatus()) && c.getLastTransitionTime() != null)
                .map(PodCondition::getLastTransitionTime)
                .findFirst()
                .orElse(seconds(now));
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withLastTransitionTime(since)
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .build();
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
