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

    @Test
    void executesForwardsAndFollowsThroughTheApiServer() throws Exception {
        create("server", "", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox
                    command: [sh, -c, 'i=0; while true; do echo tick $i; i=$((i+1)); sleep 0.2; done']
                    env: [{name: COLOUR, value: blue}]
                    volumeMounts: [{name: config, mountPath: /etc/app}]
                  volumes: [{name: config, configMap: {name: app}}]
                """, Map.of("greeting", "good morning\n"));
        await(() -> ready("server"));
        assertThat(plane().kubectl("exec", "server", "--", "sh", "-c", "echo $COLOUR; cat /etc/app/greeting; exit 7"))
                .contains("blue\ngood morning\n")
                .contains("command terminated with exit code 7");
        assertThat(plane().kubectl("exec", "server", "--", "no-such-program")).contains("executable file not found");
        Process shell = plane().kubectlProcess("exec", "-i", "server", "--", "cat");
        try (var input = shell.getOutputStream()) {
            input.write("through the pipe\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("through the pipe\n");
        assertThat(plane().kubectl("logs", "server", "--tail=2").lines()).hasSize(2);
        Process follow = plane().kubectlProcess("logs", "-f", "server");
        try (var lines = follow.inputReader()) {
            for (int i = 0; i < 12; i++) {
                assertThat(lines.readLine()).isEqualTo("tick " + i);
            }
        } finally {
            follow.destroy();
        }
    }

    @Test
    void givesACommandATerminal() throws Exception {
        create("terminal", "", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: busybox, command: [sleep, "1000"]}
                """, Map.of());
        await(() -> ready("terminal"));
        // kubectl asks for a terminal only when it has one itself, so script(1) lends it one.
        Process process = new ProcessBuilder(
                        "script",
                        "-qec",
                        String.join(" ", plane().kubectlCommand("exec", "-it", "terminal", "--", "sh", "-c", "'tty; stty size'")),
                        "/dev/null")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).contains("/dev/pts/");
    }

    @Test
    void forwardsAPort() throws Exception {
        create("web", "", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox
                    command: [python3, -m, http.server, --bind, $(POD_IP), "8000"]
                    env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
                    readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
                    ports: [{name: http, containerPort: 8000}]
                """, Map.of());
        await(() -> ready("web"));
        Process forward = plane().kubectlProcess("port-forward", "pod/web", ":8000");
        try (var lines = forward.inputReader()) {
            String line = lines.readLine();
            assertThat(line).startsWith("Forwarding from 127.0.0.1:");
            int port = Integer.parseInt(line.replaceAll(".*127\\.0\\.0\\.1:([0-9]+) .*", "$1"));
            for (int i = 0; i < 3; i++) {
                var connection = java.net.URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
                assertThat(new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("Directory listing");
            }
        } finally {
            forward.destroy();
        }
    }

    private boolean ready(String name) {
        return pod(name).getStatus().getConditions().stream()
                .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
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
