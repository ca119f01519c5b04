package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What breaks under a cluster, one thing after the other on two real nodes, while clients go on asking. */
@Tag("cluster")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration OUTAGE = Duration.ofMinutes(1);
    private static final Duration FREEZE = Duration.ofSeconds(30);
    private static final Duration RESTART = Duration.ofSeconds(5);
    private static final Duration FLUSHED = Duration.ofMillis(1_500);
    private static final String KEY = "gyro-faults";
    private static final List<String> ROLES = List.of("operator", "scheduler", "gateway");
    /** As the OpenAI libraries try again, and once more for a machine that is gone without a word. */
    private static final int CLIENT_RETRIES = 3;

    private static RealCluster cluster;
    private static UsageDatabase usage;
    private static String url = "";
    private static final List<ClusterLoad> loads = new ArrayList<>();
    private static int changes;

    @BeforeAll
    static void install() throws Exception {
        cluster = RealCluster.breakable();
        Needs.program("helm");
        usage = new UsageDatabase(cluster.hostAddress());
        // What another test has installed may still be on its way out.
        cluster.kubectl("wait", "--for=delete", "namespace/" + RealCluster.NAMESPACE, "--timeout=120s");
        cluster.kubectl("create", "namespace", RealCluster.NAMESPACE).succeeded();
        helm("install");
        cluster.kubectl("create", "namespace", "story").succeeded();
        change();
        awaitSettled();
        url = cluster.gatewayUrl();
    }

    @AfterAll
    static void uninstall() {
        if (cluster != null) {
            cluster.kubectl("delete", "namespace", "story", "--wait=true", "--timeout=90s");
            cluster.helm("uninstall", "gyropilot", "-n", RealCluster.NAMESPACE);
            cluster.gyro("uninstall", "--delete-data");
            cluster.close();
        }
        if (usage != null) {
            usage.close();
        }
    }

    private static void helm(String what, String... more) throws Exception {
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8)));
        var command = new ArrayList<>(List.of(
                what,
                "gyropilot",
                Gyropilot.ROOT.resolve("install/chart").toString(),
                "-n",
                RealCluster.NAMESPACE,
                "--set",
                "apiKeyHash=" + hash,
                "--set-string",
                "ledger.url=" + usage.url(cluster.hostAddress())));
        command.addAll(List.of(more));
        cluster.helm(command.toArray(String[]::new)).succeeded();
    }

    /** A new revision of the service: work for operator and scheduler. */
    private static void change() {
        changes++;
        cluster.kubectlWithInput("""
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: minilm, namespace: story}
                spec:
                  model: {uri: "builtin://minilm"}
                  replicas: 2
                  env: [{name: CHANGE, value: "%d"}]
                """.formatted(changes), "apply", "-f", "-").succeeded();
    }

    /** All replicas of all parts are ready, and the service is as it was last asked for. */
    private static void awaitSettled() {
        await().atMost(LIMIT.multipliedBy(2))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptions()
                .until(() -> {
                    JsonNode service = cluster.object("story", "modelservice", "minilm");
                    return ROLES.stream().allMatch(FaultsIT::isComplete)
                            && service.at("/status/observedGeneration").asLong()
                                    == service.at("/metadata/generation").asLong()
                            && service.at("/status/activeRevision").equals(service.at("/status/latestRevision"))
                            && service.at("/status/readyReplicas").asInt() == 2;
                });
    }

    private static boolean isComplete(String role) {
        JsonNode deployment = cluster.object(RealCluster.NAMESPACE, "deployment", "gyropilot-" + role);
        return deployment.at("/status/observedGeneration").asLong()
                        == deployment.at("/metadata/generation").asLong()
                && deployment.at("/status/readyReplicas").asInt() == 2
                && deployment.at("/status/updatedReplicas").asInt() == 2
                && deployment.at("/status/replicas").asInt() == 2;
    }

    private static ClusterLoad load(int retries) {
        return load(url, retries);
    }

    private static ClusterLoad load(String at, int retries) {
        ClusterLoad load = ClusterLoad.begin(at, KEY, retries);
        loads.add(load);
        return load;
    }

    /** A load that a failed test has left would be counted in the next one. */
    @AfterEach
    void endLoads() {
        loads.forEach(ClusterLoad::close);
        loads.clear();
    }

    /** Ends the load; no request failed, and the usage of each is in the database, except as many as may be lost. */
    private static void check(String what, ClusterLoad load, long before, long mayBeLost) {
        load.close();
        System.out.printf("%s: %s%n", what, load);
        assertThat(load.failures()).isEmpty();
        assertThat(load.answers()).isPositive();
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(usage.answered() - before)
                        .as("usage in the database")
                        .isGreaterThanOrEqualTo(load.answers() - mayBeLost));
        System.out.printf("%s: %d answers, %d in the database%n", what, load.answers(), usage.answered() - before);
    }

    /** All is settled, also what an earlier load has left on its way to the database; returns what is in it. */
    private static long begin() {
        awaitSettled();
        AtomicLong last = new AtomicLong(-1);
        await().atMost(LIMIT).pollInterval(FLUSHED).until(() -> {
            long now = usage.answered();
            return last.getAndSet(now) == now;
        });
        return last.get();
    }

    /** A fault that lasts so long fails no request. */
    private static void endure(Duration duration, ClusterLoad load) {
        await().during(duration)
                .atMost(duration.plus(LIMIT))
                .untilAsserted(() -> assertThat(load.failures()).isEmpty());
    }

    /** What parts of the control plane that are away do not hinder; they come back in any case. */
    private static void without(List<String> parts, Runnable meanwhile) {
        parts.forEach(part -> cluster.node("kill", "gy1", part));
        try {
            meanwhile.run();
        } finally {
            parts.forEach(part -> cluster.node("start", "gy1", part));
        }
    }

    private static String awaitLeader(String role, Set<String> not) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(250)).until(() -> {
            String leader = cluster.leader(role);
            return !leader.isEmpty() && !not.contains(leader);
        });
        return cluster.leader(role);
    }

    private static void signal(String signal, List<ProcessHandle> processes) throws IOException, InterruptedException {
        assertThat(processes).isNotEmpty();
        for (ProcessHandle process : processes) {
            new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    @Test
    @Order(1)
    void killedControllersAreNotNoticed() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        for (String role : List.of("operator", "scheduler")) {
            String leader = cluster.leader(role);
            long from = System.nanoTime();
            signal("-KILL", RealCluster.processes(leader));
            awaitLeader(role, Set.of(leader));
            System.out.printf("%s: another leads %.1f s after kill -9%n", role, (System.nanoTime() - from) / 1e9);
        }
        change();
        awaitSettled();
        check("killed controllers", load, before, 0);
    }

    @Test
    @Order(2)
    void killedGatewaysLoseNoRequestOfAClientThatTriesAgain() throws Exception {
        long before = begin();
        ClusterLoad load = load(CLIENT_RETRIES);
        var pods = cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=gateway");
        for (JsonNode pod : pods) {
            String name = pod.at("/metadata/name").asText();
            signal("-KILL", RealCluster.processes(name));
            // The kubelet has to see the end before it can see the new one ready.
            await().atMost(LIMIT).until(() -> restarts(name) > restarts(pod));
            awaitSettled();
        }
        // The last half second of each killed process was in its memory only.
        check("killed gateways", load, before, 40L * pods.size());
    }

    private static int restarts(String gateway) {
        return restarts(cluster.object(RealCluster.NAMESPACE, "pod", gateway));
    }

    private static int restarts(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/restartCount").asInt();
    }

    @Test
    @Order(3)
    void aFrozenLeaderDoesNothingWhenItWakes() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        Instant frozen = Instant.now();
        String operator = cluster.leader("operator");
        String scheduler = cluster.leader("scheduler");
        JsonNode operatorPod = cluster.object(RealCluster.NAMESPACE, "pod", operator);
        JsonNode schedulerPod = cluster.object(RealCluster.NAMESPACE, "pod", scheduler);
        List<ProcessHandle> processes = new ArrayList<>(RealCluster.processes(operator));
        processes.addAll(RealCluster.processes(scheduler));
        signal("-STOP", processes);
        try {
            change();
            endure(FREEZE, load);
            awaitLeader("operator", Set.of(operator));
            awaitLeader("scheduler", Set.of(scheduler));
        } finally {
            signal("-CONT", processes);
        }
        for (JsonNode pod : List.of(operatorPod, schedulerPod)) {
            await().atMost(LIMIT).until(() -> cluster.metric(pod, "gyropilot_acting") == 0);
        }
        assertThat(processes).as("those that were frozen, standing by").allMatch(ProcessHandle::isAlive);
        awaitSettled();
        check("frozen leaders", load, before, 0);
        assertThat(new AuditLog(cluster).requests())
                .filteredOn(r -> r.time().isAfter(frozen.plusSeconds(1)))
                .filteredOn(AuditLog.Request::writes)
                .filteredOn(r -> !r.resource().equals("leases"))
                .filteredOn(r -> (r.user().equals("gyropilot-operator")
                                && r.from().equals(address(operatorPod)))
                        || (r.user().equals("gyropilot-scheduler") && r.from().equals(address(schedulerPod))))
                .as("writes of those that were frozen, after their time")
                .isEmpty();
    }

    private static String address(JsonNode pod) {
        return pod.at("/status/podIP").asText();
    }

    @Test
    @Order(4)
    void servingGoesOnWithoutAnApiServer() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        // As a controller manager that loses its Lease ends itself; a new one does not call nodes lost for the time
        // without an API.
        without(List.of("kube-apiserver", "kube-controller-manager"), () -> endure(OUTAGE, load));
        long from = System.nanoTime();
        await().atMost(LIMIT)
                .until(() -> cluster.kubectl("get", "--raw", "/readyz").code() == 0);
        change();
        awaitSettled();
        System.out.printf(
                "API server: a change is carried out %.1f s after its return%n", (System.nanoTime() - from) / 1e9);
        check("API server away", load, before, 0);
    }

    @Test
    @Order(5)
    void aRestartedEtcdIsNotNoticed() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        without(List.of("etcd"), () -> endure(RESTART, load));
        await().atMost(LIMIT)
                .until(() -> cluster.kubectl("get", "--raw", "/readyz").code() == 0);
        change();
        awaitSettled();
        check("etcd restarted", load, before, 0);
    }

    @Test
    @Order(6)
    void usageWaitsForItsDatabase() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        usage.stop();
        try {
            endure(OUTAGE, load);
        } finally {
            usage.startAgain();
        }
        check("PostgreSQL away", load, before, 0);
    }

    @Test
    @Order(7)
    void aHelmUpgradeFailsNoRequest() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        // Other resources mean other pods of all roles.
        helm(
                "upgrade",
                "--set",
                "operator.resources.requests.cpu=40m",
                "--set",
                "scheduler.resources.requests.cpu=40m",
                "--set",
                "gateway.resources.requests.cpu=60m");
        awaitSettled();
        check("Helm upgrade", load, before, 0);
    }

    @Test
    @Order(8)
    void anExpiredCertificateStopsNoRequestAndIsNamed() throws Exception {
        long before = begin();
        ClusterLoad load = load(0);
        String leader = cluster.leader("operator");
        cluster.node("certificate", "expired");
        try {
            restartApiServer();
            await().atMost(LIMIT)
                    .until(() ->
                            cluster.kubectl("get", "--raw", "/readyz").err().contains("expired"));
            var doctor = cluster.gyro("doctor").failed();
            assertThat(doctor.out()).contains("expired");
            endure(FREEZE, load);
        } finally {
            cluster.node("certificate", "good");
            restartApiServer();
        }
        await().atMost(LIMIT)
                .until(() -> cluster.kubectl("get", "--raw", "/readyz").code() == 0);
        change();
        awaitSettled();
        check("expired certificate", load, before, 0);
        String log =
                cluster.kubectl("-n", RealCluster.NAMESPACE, "logs", leader).out();
        assertThat(log).as("the log of " + leader).contains("NotAfter");
    }

    private static void restartApiServer() {
        cluster.node("kill", "gy1", "kube-apiserver");
        cluster.node("start", "gy1", "kube-apiserver");
    }

    @Test
    @Order(9)
    void aNodeWithAFullDiskIsLeft() throws Exception {
        long before = begin();
        ClusterLoad load = load(CLIENT_RETRIES);
        try {
            cluster.node(
                    "in", "gy2", "sh", "-c", "dd if=/dev/zero of=/var/lib/kubelet/filler bs=1M 2>/dev/null || true");
            await().atMost(LIMIT).until(() -> condition("gy2", "DiskPressure").equals("True"));
            awaitSettled();
            assertThat(load.failures()).isEmpty();
        } finally {
            cluster.node("in", "gy2", "rm", "-f", "/var/lib/kubelet/filler");
        }
        await().atMost(LIMIT).until(() -> condition("gy2", "DiskPressure").equals("False"));
        // A pod that the kubelet ends without grace takes what is in its memory with it.
        check("full disk", load, before, 40);
        change();
        awaitSettled();
    }

    private static String condition(String node, String type) {
        for (JsonNode condition : cluster.object("default", "node", node).at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    @Test
    @Order(10)
    void aLostNodeIsLeftAndItsRequestsFailOver() throws Exception {
        begin();
        // One replica on each node, whatever the faults before have left.
        cluster.kubectl("-n", "story", "delete", "pods", "--all").succeeded();
        long before = begin();
        JsonNode survivor = cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=gateway").stream()
                .filter(pod -> pod.at("/spec/nodeName").asText().equals("gy1"))
                .findFirst()
                .orElseThrow();
        ClusterLoad direct = load("http://" + survivor.at("/status/podIP").asText() + ":8080", 0);
        ClusterLoad load = load(CLIENT_RETRIES);
        await().atMost(LIMIT).until(() -> direct.answers() > 50 && load.answers() > 50);
        long from = System.nanoTime();
        cluster.node("lose", "gy2");
        try {
            await().atMost(LIMIT.multipliedBy(2))
                    .until(() -> cluster.pods("story", "gyropilot.dev/model-service=minilm").stream()
                                    .filter(pod ->
                                            pod.at("/spec/nodeName").asText().equals("gy1"))
                                    .filter(FaultsIT::isReady)
                                    .count()
                            == 2);
            await().atMost(LIMIT)
                    .until(() -> ROLES.stream()
                            .allMatch(role ->
                                    cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=" + role).stream()
                                                    .filter(pod -> pod.at("/spec/nodeName")
                                                            .asText()
                                                            .equals("gy1"))
                                                    .filter(FaultsIT::isReady)
                                                    .count()
                                            >= 2));
            System.out.printf(
                    "lost node: all pods run on the other one after %.0f s%n", (System.nanoTime() - from) / 1e9);
            direct.close();
            System.out.printf("lost node, by the other node's gateway: %s%n", direct);
            assertThat(direct.failures()).isEmpty();
        } finally {
            direct.close();
            cluster.node("join", "gy2");
        }
        await().atMost(LIMIT).until(() -> condition("gy2", "Ready").equals("True"));
        awaitSettled();
        load.close();
        System.out.printf("lost node: %s%n", load);
        assertThat(load.failures()).isEmpty();
        long answers = load.answers() + direct.answers();
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(usage.answered() - before).isGreaterThanOrEqualTo(answers - 40));
        System.out.printf("lost node: %d answers, %d in the database%n", answers, usage.answered() - before);
    }

    private static boolean isReady(JsonNode pod) {
        return pod.at("/metadata/deletionTimestamp").isMissingNode()
                && pod.at("/status/containerStatuses/0/ready").asBoolean();
    }
}
