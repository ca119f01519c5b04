package dev.gyropilot.node;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.image.Image;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.node.process.LogLimits;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** What tests of a node on a control plane do again and again. */
final class Workbench {
    final RealControlPlane plane;
    final KubernetesClient client;
    private final String node;

    Workbench(RealControlPlane plane, String node) {
        this.plane = plane;
        this.node = node;
        this.client = plane.client();
    }

    /** A node whose image {@code busybox} runs whatever the container's command says. */
    static NodeConfig config(String name, Path data) {
        var images = new ImageTable(
                Map.of("busybox", new Image(List.of(), List.of(), Map.of())), data.resolveSibling("node.yaml"));
        return new NodeConfig(
                name,
                data,
                images,
                NodeConfig.DEFAULT_POD_RANGE,
                50,
                LogLimits.DEFAULT,
                0,
                Map.of(),
                Duration.ofSeconds(1));
    }

    ProcessNode startNode(Cluster cluster, Path data) throws InterruptedException {
        return ProcessNode.start(config(node, data), cluster, plane.pki.credentials());
    }

    /** @param spec the pod's spec from its second line on, indented by two */
    void create(String name, String spec) {
        String yaml =
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\nspec:\n  nodeName: " + node + "\n" + spec;
        client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .inNamespace("default")
                .create();
    }

    void configMap(String name, Map<String, String> data) {
        client.configMaps()
                .inNamespace("default")
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withData(data)
                        .build())
                .serverSideApply();
    }

    Pod pod(String name) {
        return client.pods().inNamespace("default").withName(name).require();
    }

    ContainerStatus container(String pod) {
        return pod(pod).getStatus().getContainerStatuses().getFirst();
    }

    boolean ready(String pod) {
        return pod(pod).getStatus().getConditions().stream()
                .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    }

    boolean hasEvent(String pod, String reason, String text) {
        return client.v1().events().inNamespace("default").list().getItems().stream()
                .filter(e -> pod.equals(e.getInvolvedObject().getName()))
                .anyMatch(e -> e.getReason().equals(reason) && e.getMessage().contains(text));
    }

    String logs(String pod) {
        return client.pods().inNamespace("default").withName(pod).getLog();
    }

    static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(condition);
    }
}
