package dev.gyropilot.brain.placement.objects;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Taint;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads a Node. */
public final class NodeReader {
    private NodeReader() {}

    public static Node read(io.fabric8.kubernetes.api.model.Node node) {
        var spec = node.getSpec();
        var labels = node.getMetadata().getLabels();
        return new Node(
                node.getMetadata().getName(),
                labels == null ? Map.of() : labels,
                spec == null ? List.of() : taints(spec.getTaints()),
                spec != null && Boolean.TRUE.equals(spec.getUnschedulable()),
                Quantities.allocatable(
                        node.getStatus() == null ? null : node.getStatus().getAllocatable()));
    }

    private static List<Taint> taints(List<io.fabric8.kubernetes.api.model.Taint> taints) {
        return Selectors.orEmpty(taints).stream()
                .map(t -> new Taint(t.getKey(), Objects.requireNonNullElse(t.getValue(), ""), effect(t.getEffect())))
                .toList();
    }

    static Taint.Effect effect(String name) {
        return switch (name) {
            case "PreferNoSchedule" -> Taint.Effect.PREFER_NO_SCHEDULE;
            case "NoExecute" -> Taint.Effect.NO_EXECUTE;
            default -> Taint.Effect.NO_SCHEDULE;
        };
    }
}
