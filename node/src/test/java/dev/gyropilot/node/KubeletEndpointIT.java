package dev.gyropilot.node;

import static dev.gyropilot.node.Workbench.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.cluster.Cluster;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Logs, exec and port-forward of the real kubectl through the real API server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeletEndpointIT {
    private @Nullable Workbench workbench;
    private @Nullable Cluster cluster;
    private @Nullable ProcessNode node;

    @BeforeAll
    void up(@TempDir Path temporary) throws Exception {
        workbench = new Workbench(RealControlPlane.shared(), "endpoint");
        cluster = workbench.plane.cluster();
        node = workbench.startNode(cluster, temporary.resolve("data"));
    }

    @AfterAll
    void down() throws Exception {
        if (node != null) {
            node.shutDown(Duration.ofSeconds(2));
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void executesCommandsAndFollowsLogs() throws Exception {
        bench().configMap("endpoint", Map.of("greeting", "good morning\n"));
        bench().create("server", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox
                    command: [sh, -c, 'i=0; while true; do echo tick $i; i=$((i+1)); sleep 0.2; done']
                    env: [{name: COLOUR, value: blue}]
                    volumeMounts: [{name: config, mountPath: /etc/app}]
                  volumes: [{name: config, configMap: {name: endpoint}}]
                """);
        await(() -> bench().ready("server"));
        assertThat(kubectl("exec", "server", "--", "sh", "-c", "echo $COLOUR; cat /etc/app/greeting; exit 7"))
                .contains("blue\ngood morning\n")
                .contains("command terminated with exit code 7");
        assertThat(kubectl("exec", "server", "--", "no-such-program")).contains("executable file not found");
        Process cat = bench().plane.kubectlProcess("exec", "-i", "server", "--", "cat");
        try (var input = cat.getOutputStream()) {
            input.write("through the pipe\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(cat.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("through the pipe\n");
        assertThat(kubectl("logs", "server", "--tail=2").lines()).hasSize(2);
        assertThat(kubectl("logs", "server", "--limit-bytes=6")).isEqualTo("tick 0");
        assertThat(kubectl("logs", "server", "--timestamps", "--tail=1")).matches("20\\d\\d-.*Z tick \\d+\n");
        Process follow = bench().plane.kubectlProcess("logs", "-f", "server");
        try (var lines = follow.inputReader()) {
            for (int i = 0; i < 12; i++) {
                assertThat(lines.readLine()).isEqualTo("tick " + i);
            }
        } finally {
            follow.destroy();
        }
    }

    @Test
    void carriesMuchOutput() throws Exception {
        bench().create("much", """
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: busybox, command: [sh, -c, 'seq 1 300000; sleep 1000']}]
                """);
        await(() -> bench().ready("much"));
        assertThat(kubectl("exec", "much", "--", "seq", "1", "200000").lines()).hasSize(200_000);
        await(() -> kubectl("logs", "much").lines().count() == 300_000);
    }

    @Test
    void givesACommandATerminal() throws Exception {
        bench().create("terminal", """
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: busybox, command: [sleep, "1000"]}]
                """);
        await(() -> bench().ready("terminal"));
        // kubectl asks for a terminal only when it has one itself, so script(1) lends it one.
        String command = String.join(
                " ",
                bench().plane
                        .kubectlCommand("exec", "-it", "terminal", "--", "sh", "-c", "'tty; sleep 0.5; stty size'"));
        Process process = new ProcessBuilder("script", "-qec", "stty cols 101 rows 33; " + command, "/dev/null")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).contains("/dev/pts/").contains("33 101");
    }

    @Test
    void forwardsAPort() throws Exception {
        bench().create("web", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox
                    command: [python3, -m, http.server, --bind, $(POD_IP), "8000"]
                    env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
                    readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
                    ports: [{name: http, containerPort: 8000}]
                """);
        await(() -> bench().ready("web"));
        Process forward = bench().plane.kubectlProcess("port-forward", "pod/web", ":8000");
        try (var lines = forward.inputReader()) {
            String line = lines.readLine();
            assertThat(line).startsWith("Forwarding from 127.0.0.1:");
            int port = Integer.parseInt(line.replaceAll(".*127\\.0\\.0\\.1:([0-9]+) .*", "$1"));
            for (int i = 0; i < 3; i++) {
                var connection =
                        URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
                assertThat(new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("Directory listing");
            }
        } finally {
            forward.destroy();
        }
    }

    private Workbench bench() {
        return Objects.requireNonNull(workbench);
    }

    private String kubectl(String... arguments) throws Exception {
        return bench().plane.kubectl(arguments);
    }
}
