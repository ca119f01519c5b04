package dev.gyropilot.apiserver.controllers;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Pods as their controllers see them: made from templates, ready, available, worth keeping. */
public final class Pods {
    private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

    private Pods() {}

    /** A pod made from a template, controlled by the owner; its name is generated unless one is given. */
    public static Pod fromTemplate(PodTemplateSpec template, HasMetadata owner, @Nullable String name) {
        ObjectMeta from = Objects.requireNonNullElseGet(template.getMetadata(), ObjectMeta::new);
        ObjectMeta metadata = new ObjectMetaBuilder()
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(from.getLabels())
                .withAnnotations(from.getAnnotations())
                .withFinalizers(from.getFinalizers())
                .withOwnerReferences(Owners.reference(owner))
                .build();
        if (name == null) {
            metadata.setGenerateName(owner.getMetadata().getName() + "-");
        } else {
            metadata.setName(name);
        }
        return new PodBuilder()
                .withMetadata(metadata)
                .withSpec(template.getSpec())
                .build();
    }

    public static String phase(Pod pod) {
        return pod.getStatus() == null
                ? "Pending"
                : Objects.requireNonNullElse(pod.getStatus().getPhase(), "Pending");
    }

    public static boolean isTerminating(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /** Whether it has ended for good. */
    public static boolean isFinished(Pod pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    /** Neither ended nor on its way out. */
    public static boolean isActive(Pod pod) {
        return !isFinished(pod) && !isTerminating(pod);
    }

    public static boolean isReady(Pod pod) {
        return readyCondition(pod).filter(c -> "True".equals(c.getStatus())).isPresent();
    }

    /** Since when it is ready. */
    public static Optional<Instant> readySince(Pod pod) {
        return readyCondition(pod)
                .filter(c -> "True".equals(c.getStatus()))
                .map(PodCondition::getLastTransitionTime)
                .map(Instant::parse);
    }

    /** Whether it has been ready for so long. */
    public static boolean isAvailable(Pod pod, int minReadySeconds, Instant now) {
        return isReady(pod)
                && (minReadySeconds == 0
                        || readySince(pod)
                                .filter(since ->
                                        !since.plusSeconds(minReadySeconds).isAfter(now))
                                .isPresent());
    }

    /** When the next of these ready pods becomes available; empty when none is on its way. */
    public static Optional<Duration> nextAvailable(List<Pod> pods, int minReadySeconds, Instant now) {
        return pods.stream()
                .flatMap(pod -> readySince(pod).stream())
                .map(since -> since.plusSeconds(minReadySeconds))
                .filter(at -> at.isAfter(now))
                .min(Comparator.naturalOrder())
                .map(at -> Duration.between(now, at));
    }

    /** How often its containers were started again. */
    public static int restarts(Pod pod) {
        return pod.getStatus() == null
                ? 0
                : pod.getStatus().getContainerStatuses().stream()
                        .mapToInt(Pods::restartCount)
                        .max()
                        .orElse(0);
    }

    /**
     * The pods to give up first: not placed, not started, not ready, cheapest by annotation, on nodes that hold most of
     * them, ready for the shortest time, restarted most, youngest.
     */
    public static List<Pod> leastWorthFirst(List<Pod> pods) {
        Map<String, Integer> perNode = new HashMap<>();
        pods.forEach(pod -> perNode.merge(node(pod), 1, Integer::sum));
        var sorted = new ArrayList<>(pods);
        sorted.sort(Comparator.<Pod, Boolean>comparing(pod -> !node(pod).isEmpty())
                .thenComparing(pod -> switch (phase(pod)) {
                    case "Pending" -> 0;
                    case "Unknown" -> 1;
                    default -> 2;
                })
                .thenComparing(Pods::isReady)
                .thenComparingInt(Pods::deletionCost)
                .thenComparingInt(pod -> -perNode.getOrDefault(node(pod), 0))
                .thenComparing(pod -> readySince(pod).orElse(Instant.EPOCH), Comparator.reverseOrder())
                .thenComparing(Comparator.comparingInt(Pods::restarts).reversed())
                .thenComparing(Pods::created, Comparator.reverseOrder())
                .thenComparing(pod -> pod.getMetadata().getName()));
        return sorted;
    }

    /** When it was created. */
    public static Instant created(HasMetadata object) {
        String time = object.getMetadata().getCreationTimestamp();
        return time == null ? Instant.EPOCH : Instant.parse(time);
    }

    /** The name of its node; empty while it has none. */
    public static String node(Pod pod) {
        return pod.getSpec() == null
                ? ""
                : Objects.requireNonNullElse(pod.getSpec().getNodeName(), "");
    }

    /** The condition of a type. */
    public static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(c -> type.equals(c.getType()))
                        .findFirst();
    }

    private static Optional<PodCondition> readyCondition(Pod pod) {
        return condition(pod, "Ready");
    }

    private static int restartCount(ContainerStatus status) {
        return Objects.requireNonNullElse(status.getRestartCount(), 0);
    }

    private static int deletionCost(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String cost = annotations == null ? null : annotations.get(DELETION_COST);
        try {
            return cost == null ? 0 : Integer.parseInt(cost);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
