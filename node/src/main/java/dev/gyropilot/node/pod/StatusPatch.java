package dev.gyropilot.node.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.json.Json;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;

/**
 * Reports a pod's status as a strategic merge patch: conditions of others stay, what is ours is replaced, and what is
 * gone is removed.
 */
public final class StatusPatch {
    private static final List<String> REMOVABLE = List.of("reason", "message");

    private StatusPatch() {}

    /** The patch; it applies only to the very pod it was made for. */
    public static String text(Pod pod, PodStatus status) {
        ObjectNode root = Json.MAPPER.createObjectNode();
        root.putObject("metadata").put("uid", pod.getMetadata().getUid());
        ObjectNode node = Json.MAPPER.valueToTree(status);
        clearAbsent(node);
        // Conditions are merged by type, so what one has no more must be cleared in each.
        node.path("conditions").forEach(condition -> clearAbsent((ObjectNode) condition));
        root.set("status", node);
        return root.toString();
    }

    private static void clearAbsent(ObjectNode node) {
        for (String field : REMOVABLE) {
            if (!node.has(field)) {
                node.putNull(field);
            }
        }
    }

    public static void send(Cluster cluster, Pod pod, String patch) {
        cluster.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .subresource("status")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
    }
}
