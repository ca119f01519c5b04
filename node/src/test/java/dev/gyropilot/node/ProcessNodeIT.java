package dev.gyropilot.node;

import static dev.gyropilot.node.Workbench.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The life of pods on a node that takes the kubelet's place at a real control plane, with real processes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProcessNodeIT {
    private @Nullable Workbench workbench;
    private @Nullable Cluster cluster;
    private @Nullable ProcessNode node;
    private @Nullable Path data;

    @BeforeAll
    void up(@TempDir Path temporary) throws Exception {
        workbench = new Workbench(RealControlPlane.shared(), "laptop");
        cluster = workbench.plane.cluster();
        data = temporary.resolve("data");
        node = workbench.startNode(cluster, data);
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
    void registersWithWhatTheMachineHas() {
        Node registered = bench().client.nodes().withName("laptop").require();
        assertThat(registered.getStatus().getCapacity()).containsKeys("cpu", "memory", "pods", "ephemeral-storage");
        assertThat(registered.getStatus().getConditions())
                .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
        assertThat(bench().client
                        .leases()
                        .inNamespace("kube-node-lease")
                        .withName("laptop")
                        .get())
                .isNotNull();
    }

    @Test
    void runsAPodToItsEndAndRemovesIt() throws Exception {
        bench().configMap("hello", Map.of("greeting", "good morning\n"));
        bench().create("hello", """
                  restartPolicy: Never
                  containers:
                  - name: main
                    image: busybox:1.36
                    command: [sh, -c, 'echo "hello from $(POD_NAME) at $(POD_IP)"; cat /etc/app/greeting; echo oops >&2; echo bye >/dev/termination-log']
                    env:
                    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                    volumeMounts: [{name: config, mountPath: /etc/app}]
                  volumes: [{name: config, configMap: {name: hello}}]
                """);
        await(() -> "Succeeded".equals(bench().pod("hello").getStatus().getPhase()));
        var ended = bench().container("hello").getState().getTerminated();
        assertThat(ended.getReason()).isEqualTo("Completed");
        assertThat(ended.getMessage()).isEqualTo("bye\n");
        assertThat(bench().logs("hello"))
                .contains("hello from hello at 127.64.")
                .contains("good morning")
                .contains("oops");
        assertThat(bench().plane.kubectl("delete", "pod", "hello", "--timeout=20s"))
                .contains("deleted");
    }

    @Test
    void saysWhatToDoAboutAnUnknownImage() {
        bench().create("unknown", """
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: "example.com/no/such:1"}]
                """);
        await(() -> bench().hasEvent("unknown", "Failed", "node.yaml"));
        await(() -> bench().container("unknown")
                .getState()
                .getWaiting()
                .getReason()
                .matches("ErrImagePull|ImagePullBackOff"));
    }

    @Test
    void restartsWithBackOffAndKeepsTheLastState() {
        bench().create("crash", """
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: busybox, command: [sh, -c, 'echo run; exit 3']}]
                """);
        await(() -> {
            ContainerStatus status = bench().container("crash");
            return status.getRestartCount() >= 1
                    && status.getState().getWaiting() != null
                    && status.getState().getWaiting().getReason().equals("CrashLoopBackOff");
        });
        ContainerStatus status = bench().container("crash");
        assertThat(status.getLastState().getTerminated().getExitCode()).isEqualTo(3);
        assertThat(status.getState().getWaiting().getMessage())
                .startsWith("back-off 10s restarting failed container=main");
        // The first restart comes at once, the second 10 s after its end.
        await(() -> bench().container("crash").getRestartCount() >= 2);
    }

    @Test
    void runsInitContainersInOrderBesideTheirSidecar() {
        bench().create("ordered", """
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  initContainers:
                  - {name: first, image: busybox, command: [sh, -c, 'echo first >>/work/order'], volumeMounts: [{name: work, mountPath: /work}]}
                  - name: beside
                    image: busybox
                    restartPolicy: Always
                    command: [sh, -c, 'echo beside >>/work/order; touch /work/up; sleep 1000']
                    startupProbe: {exec: {command: [test, -e, /work/up]}, periodSeconds: 1}
                    volumeMounts: [{name: work, mountPath: /work}]
                  - {name: second, image: busybox, command: [sh, -c, 'echo second >>/work/order'], volumeMounts: [{name: work, mountPath: /work}]}
                  containers:
                  - {name: main, image: busybox, command: [sh, -c, 'echo main >>/work/order; cat /work/order'], volumeMounts: [{name: work, mountPath: /work}]}
                  volumes: [{name: work, emptyDir: {}}]
                """);
        await(() -> "Succeeded".equals(bench().pod("ordered").getStatus().getPhase()));
        assertThat(bench().client
                        .pods()
                        .inNamespace("default")
                        .withName("ordered")
                        .inContainer("main")
                        .getLog())
                .isEqualTo("first\nbeside\nsecond\nmain\n");
    }

    @Test
    void restartsAContainerWhoseLivenessProbeFails() {
        bench().create("sick", """
                  terminationGracePeriodSeconds: 0
                  containers:
                  - name: main
                    image: busybox
                    command: [sleep, "1000"]
                    livenessProbe: {exec: {command: [sh, -c, 'echo not well; exit 1']}, periodSeconds: 1, failureThreshold: 2}
                """);
        await(() -> bench().container("sick").getRestartCount() >= 1);
        assertThat(bench().hasEvent("sick", "Unhealthy", "not well")).isTrue();
        assertThat(bench().container("sick").getLastState().getTerminated().getExitCode())
                .isIn(137, 143);
    }

    @Test
    void letsAProgramEndInItsGrace() throws Exception {
        bench().create("graceful", """
                  terminationGracePeriodSeconds: 20
                  containers:
                  - name: main
                    image: busybox
                    command: [sh, -c, 'trap "echo got term >>/out/log; exit 0" TERM; while true; do sleep 0.1; done']
                    lifecycle: {preStop: {exec: {command: [sh, -c, 'echo pre-stop >>/out/log']}}}
                    volumeMounts: [{name: out, mountPath: /out}]
                  volumes: [{name: out, hostPath: {path: %s, type: DirectoryOrCreate}}]
                """.formatted(directory().resolveSibling("graceful")));
        await(() -> bench().ready("graceful"));
        Instant before = Instant.now();
        bench().plane.kubectl("delete", "pod", "graceful");
        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(10));
        assertThat(directory().resolveSibling("graceful").resolve("log")).hasContent("pre-stop\ngot term");
    }

    @Test
    void bringsAChangedConfigMapToARunningPod() {
        bench().configMap("changing", Map.of("colour", "red"));
        bench().create("watcher", """
                  terminationGracePeriodSeconds: 0
                  containers:
                  - name: main
                    image: busybox
                    command: [sh, -c, 'while true; do cat /etc/app/colour; echo; sleep 0.2; done']
                    volumeMounts: [{name: config, mountPath: /etc/app}]
                  volumes: [{name: config, configMap: {name: changing}}]
                """);
        await(() -> bench().logs("watcher").contains("red"));
        bench().configMap("changing", Map.of("colour", "green"));
        await(() -> bench().logs("watcher").contains("green"));
    }

    @Test
    void refusesMoreThanThereIs() {
        bench().create("huge", """
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: busybox, command: [sleep, "1"], resources: {requests: {memory: 900Ti}}}]
                """);
        await(() -> "OutOfmemory".equals(bench().pod("huge").getStatus().getReason()));
        assertThat(bench().pod("huge").getStatus().getMessage()).contains("didn't have enough resource: memory");
    }

    @Test
    void endsAProgramThatTakesMoreMemoryThanItsLimit() {
        boolean limited = bench().client.nodes().withName("laptop").require().getStatus().getConditions().stream()
                .anyMatch(c -> c.getType().equals("ResourceLimitsEnforced")
                        && c.getStatus().equals("True"));
        org.junit.jupiter.api.Assumptions.assumeTrue(limited, "left out: no writable control groups here");
        bench().create("hungry", """
                  restartPolicy: Never
                  containers:
                  - name: main
                    image: busybox
                    command: [python3, -c, 'x = bytearray(200 * 1024 * 1024)']
                    resources: {limits: {memory: 50Mi}}
                """);
        await(() -> "Failed".equals(bench().pod("hungry").getStatus().getPhase()));
        assertThat(bench().container("hungry").getState().getTerminated().getReason())
                .isEqualTo("OOMKilled");
    }

    @Test
    void givesThePodItsTokenAndAKubeconfig() {
        bench().create("token", """
                  restartPolicy: Never
                  containers:
                  - name: main
                    image: busybox
                    command: [sh, -c, 'wc -c </var/run/secrets/kubernetes.io/serviceaccount/token; grep server: "$KUBECONFIG"']
                """);
        await(() -> "Succeeded".equals(bench().pod("token").getStatus().getPhase()));
        assertThat(bench().logs("token")).matches("(?s)\\d{3,}\n.*https://127.0.0.1:\\d+.*");
        assertThat(Files.isDirectory(directory())).isTrue();
    }

    private Workbench bench() {
        return Objects.requireNonNull(workbench);
    }

    private Path directory() {
        return Objects.requireNonNull(data);
    }
}
