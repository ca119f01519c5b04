package dev.gyropilot.operator.serving;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why a pod does not come up, as its status tells.
 *
 * @param reason one word for programs, as the scheduler or the node gave it
 * @param message which pod and what happened, for people
 */
record Trouble(String reason, String message) {
    private static final int MESSAGE_LIMIT = 500;

    /** What a waiting container waits for when nothing is wrong. */
    private static final Set<String> HARMLESS = Set.of("ContainerCreating", "PodInitializing");

    /** The first trouble among pods, the newest pod first. */
    static Optional<Trouble> among(Collection<Pod> pods) {
        return pods.stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && pod.getStatus() != null)
                .sorted(Comparator.comparing((Pod pod) -> pod.getMetadata().getCreationTimestamp())
                        .reversed())
                .flatMap(pod -> of(pod).stream())
                .findFirst();
    }

    static Optional<Trouble> of(Pod pod) {
        PodStatus status = pod.getStatus();
        return Stream.concat(status.getInitContainerStatuses().stream(), status.getContainerStatuses().stream())
                .flatMap(container -> of(pod, container).stream())
                .findFirst()
                .or(() -> unschedulable(pod))
                .or(() -> failed(pod));
    }

    private static Optional<Trouble> of(Pod pod, ContainerStatus container) {
        ContainerState state = container.getState();
        if (state == null) {
            return Optional.empty();
        }
        String who = "pod " + pod.getMetadata().getName() + ", container " + container.getName();
        var waiting = state.getWaiting();
        if (waiting != null && waiting.getReason() != null && !HARMLESS.contains(waiting.getReason())) {
            ContainerStateTerminated last = lastEnd(container);
            String what = last == null ? text(waiting.getMessage()) : ended(last);
            String image = waiting.getReason().contains("Image") ? " (image " + container.getImage() + ")" : "";
            return Optional.of(
                    new Trouble(waiting.getReason(), who + image + ": " + waiting.getReason() + separated(what)));
        }
        ContainerStateTerminated ended = state.getTerminated();
        if (ended != null && Objects.requireNonNullElse(ended.getExitCode(), 0) != 0) {
            return Optional.of(
                    new Trouble(Objects.requireNonNullElse(ended.getReason(), "Error"), who + " " + ended(ended)));
        }
        return Optional.empty();
    }

    private static @Nullable ContainerStateTerminated lastEnd(ContainerStatus container) {
        return container.getLastState() == null
                ? null
                : container.getLastState().getTerminated();
    }

    private static String ended(ContainerStateTerminated ended) {
        String reason =
                "OOMKilled".equals(ended.getReason()) ? "ran out of memory: raise spec.resources.limits.memory; " : "";
        return reason + "exited with code " + ended.getExitCode() + separated(lastLine(ended.getMessage()));
    }

    private static Optional<Trouble> unschedulable(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .filter(c -> c.getType().equals("PodScheduled") && "False".equals(c.getStatus()))
                .filter(c -> "Unschedulable".equals(c.getReason()))
                .findFirst()
                .map(c -> new Trouble(
                        "Unschedulable",
                        "pod " + pod.getMetadata().getName() + " finds no node" + separated(text(c.getMessage()))));
    }

    private static Optional<Trouble> failed(Pod pod) {
        return "Failed".equals(pod.getStatus().getPhase())
                ? Optional.of(new Trouble(
                        Objects.requireNonNullElse(pod.getStatus().getReason(), "PodFailed"),
                        "pod " + pod.getMetadata().getName() + " failed"
                                + separated(text(pod.getStatus().getMessage()))))
                : Optional.empty();
    }

    /** The line that a program wrote last before it ended, which says why. */
    private static String lastLine(@Nullable String text) {
        List<String> lines = Objects.requireNonNullElse(text, "")
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return lines.isEmpty() ? "" : text(lines.getLast());
    }

    private static String separated(String text) {
        return text.isEmpty() ? "" : ": " + text;
    }

    private static String text(@Nullable String message) {
        String text = Objects.requireNonNullElse(message, "").strip();
        return text.length() <= MESSAGE_LIMIT ? text : text.substring(0, MESSAGE_LIMIT) + "…";
    }
}
