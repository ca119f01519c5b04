package dev.gyropilot.cli;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A small node, and pods for it, for tests of a scheduler. */
final class SchedulableObjects {
    private SchedulableObjects() {}

    static void node(KubernetesClient client) {
        var capacity = Map.of("cpu", new Quantity("4"), "memory", new Quantity("8Gi"), "pods", new Quantity("10"));
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n")
                        .endMetadata()
                        .withNewStatus()
                        .withCapacity(capacity)
                        .withAllocatable(capacity)
                        .endStatus()
                        .build())
                .create();
    }

    /** @param schedulerName null: the API's default */
    static void pod(
            KubernetesClient client, String name, @Nullable String schedulerName, Map<String, String> annotations) {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName(name)
                        .withAnnotations(annotations)
                        .endMetadata()
                        .withNewSpec()
                        .withSchedulerName(schedulerName)
                        .addNewContainer()
                        .withName("c")
                        .withImage("i")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    static boolean isBound(KubernetesClient client, String name) {
        return client.pods()
                        .inNamespace("default")
                        .withName(name)
                        .get()
                        .getSpec()
                        .getNodeName()
                != null;
    }
}
