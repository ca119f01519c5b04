package dev.gyropilot.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.image.Image;
import dev.gyropilot.node.image.ImageTable;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The node as the kubelet of a real control plane, with real processes and the real kubectl. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProcessNodeIT {
    private @Nullable RealControlPlane plane;
    private @Nullable KubernetesClient client;
    private @Nullable Cluster cluster;
    private @Nullable ProcessNode node;

    @BeforeAll
    void up(@TempDir Path temporary) throws Exception {
        plane = RealControlPlane.start(temporary);
        client = plane.client();
        cluster = plane.cluster();
        var images = new ImageTable(
                Map.of("busybox", new Image(List.of(), List.of(), Map.of())), temporary.resolve("node.yaml"));
        node = ProcessNode.start(
                new NodeConfig(
                        "laptop",
                        temporary.resolve("data"),
                        images,
                        NodeConfig.DEFAULT_POD_RANGE,
                        50,
                        dev.gyropilot.node.process.LogLimits.DEFAULT,
                        0,
                        Map.of(),
                        Duration.ofSeconds(1)),
                cluster,
                plane.pki.credentials());
    }

    @AfterAll
    void down() throws Exception {
        if (node != null) {
            node.shutDown(Duration.ofSeconds(5));
        }
        if (cluster != null) {
            cluster.close();
        }
        if (client != null) {
            client.close();
        }
        if (plane != null) {
            plane.close();
        }
    }

    @Test
    void runsAPodShowsItsLogsAndRemovesIt() throws Exception {
        create("hello", "", """
                  restartPolicy: Never
                  containers:
                  - name: main
                    image: busybox:1.36
                    command: [sh, -c, 'echo "hello from $(POD_NAME) at $(POD_IP)"; cat /etc/app/greeting; echo oops >&2']
                    env:
                    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                    volumeMounts: [{name: config, mountPath: /etc/app}]
                  volumes: [{name: config, configMap: {name: app}}]
                """, Map.of("greeting", "good morning\n"));
        await(() -> "Succeeded".equals(pod("hello").getStatus().getPhase()));
        ContainerStatus status = pod("hello").getStatus().getContainerStatuses().getFirst();
        assertThat(status.getState().getTerminated().getReason()).isEqualTo("Completed");
        assertThat(plane().kubectl("logs", "hello"))
                .contains("hello from hello at 127.64.")
                .contains("good morning")
                .contains("oops");
        assertThat(plane().kubectl("delete", "pod", "hello", "--timeout=20s")).contains("deleted");
    }

    private void create(String name, String metadata, String spec, Map<String, String> config) {
        if (!config.isEmpty()) {
            client().configMaps()
                    .inNamespace("default")
                    .resource(new io.fabric8.kubernetes.api.model.ConfigMapBuilder()
                            .withNewMetadata()
                            .withName("app")
                            .endMetadata()
                            .withData(config)
                            .build())
                    .serverSideApply();
        }
        String yaml = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\n" + metadata
                + "spec:\n  nodeName: laptop\n" + spec;
        client().load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .inNamespace("default")
                .create();
    }

    private Pod pod(String name) {
        return client().pods().inNamespace("default").withName(name).require();
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(condition);
    }

    private RealControlPlane plane() {
        return java.util.Objects.requireNonNull(plane);
    }

    private KubernetesClient client() {
        return java.util.Objects.requireNonNull(client);
    }
}
