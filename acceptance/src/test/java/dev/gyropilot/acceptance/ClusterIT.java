package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The story of the README on real nodes, with Gyropilot installed as pods, and what it survives there. */
@Tag("cluster")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static RealCluster cluster;
    private static String key = "";
    private static String url = "";

    @BeforeAll
    static void install() {
        cluster = RealCluster.required();
        Command.Result installed = cluster.gyro("install").succeeded();
        key = installed.out().strip();
        assertThat(key).as("the first installation prints its API key").startsWith("gyro-");
        url = cluster.gatewayUrl();
        cluster.kubectl("create", "namespace", "story").succeeded();
        apply(1, "one");
        awaitReady();
    }

    @AfterAll
    static void uninstall() {
        if (cluster != null) {
            cluster.kubectl("delete", "namespace", "story", "--wait=true", "--timeout=60s");
            cluster.gyro("uninstall", "--delete-data").succeeded();
            assertThat(cluster.kubectl("get", "clusterroles", "-o", "name").out())
                    .doesNotContain("gyropilot");
            cluster.close();
        }
    }

    private static void apply(int replicas, String story) {
        String service = """
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: minilm, namespace: story}
                spec:
                  model: {uri: "builtin://minilm"}
                  replicas: %d
                  env: [{name: STORY, value: "%s"}]
                """.formatted(replicas, story);
        cluster.kubectlWithInput(service, "apply", "-f", "-").succeeded();
    }

    private static JsonNode service() {
        return cluster.object("story", "modelservice", "minilm");
    }

    private static void awaitReady() {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
            JsonNode service = service();
            JsonNode status = service.path("status");
            return status.path("observedGeneration").asLong()
                            == service.at("/metadata/generation").asLong()
                    && status.path("activeRevision").equals(status.path("latestRevision"))
                    && status.path("readyReplicas").asInt()
                            == service.at("/spec/replicas").asInt();
        });
    }

    @Test
    @Order(1)
    void theGatewayAnswersAndRefusesStrangers() throws Exception {
        HttpResponse<String> answer = cluster.embed(url, key, "minilm");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(Gyropilot.json(answer.body()).at("/data/0/embedding")).hasSize(384);
        assertThat(cluster.embed(url, "wrong", "minilm").statusCode()).isEqualTo(401);
    }

    @Test
    @Order(2)
    void modelPodsAreRestrictedContainersPlacedByOurScheduler() {
        JsonNode pod =
                cluster.pods("story", "gyropilot.dev/model-service=minilm").getFirst();
        assertThat(pod.at("/spec/schedulerName").asText()).isEqualTo("gyropilot");
        assertThat(pod.at("/spec/containers/0/securityContext/readOnlyRootFilesystem")
                        .asBoolean())
                .isTrue();
        assertThat(pod.at("/spec/containers/0/securityContext/runAsNonRoot").asBoolean())
                .isTrue();
        assertThat(pod.at("/status/containerStatuses/0/imageID").asText()).contains("sha256:");
    }

    @Test
    @Order(3)
    void scalesAndSpreads() {
        apply(3, "one");
        awaitReady();
        assertThat(cluster.pods("story", "gyropilot.dev/model-service=minilm")).hasSize(3);
    }

    @Test
    @Order(4)
    void aChangeRollsOutWithoutAFailedRequest() {
        String before = service().at("/status/activeRevision").asText();
        try (Requests requests = Requests.begin()) {
            apply(2, "two");
            await().atMost(LIMIT)
                    .until(() ->
                            !service().at("/status/activeRevision").asText().equals(before));
            awaitReady();
            requests.hadNoFailure();
        }
    }

    @Test
    @Order(5)
    void aKilledLeaderIsFollowedWithinItsTime() {
        for (String role : List.of("operator", "scheduler")) {
            String leader = cluster.leader(role);
            List<ProcessHandle> processes = RealCluster.processes(leader);
            assertThat(processes)
                    .as("the process of pod %s on this machine", leader)
                    .isNotEmpty();
            long begin = System.nanoTime();
            processes.forEach(ProcessHandle::destroyForcibly);
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(250))
                    .until(() -> {
                        String next = cluster.leader(role);
                        return !next.isEmpty() && !next.equals(leader);
                    });
            System.out.printf("%s: hand-over after kill -9 in %.1f s%n", role, (System.nanoTime() - begin) / 1e9);
        }
        apply(1, "two");
        awaitReady();
    }

    @Test
    @Order(6)
    void aFrozenLeaderStandsByWhenItWakes() throws Exception {
        String leader = cluster.leader("operator");
        JsonNode pod = cluster.object(RealCluster.NAMESPACE, "pod", leader);
        assertThat(cluster.metric(pod, "gyropilot_acting")).isEqualTo(1);
        long pid = RealCluster.processes(leader).getFirst().pid();
        signal("-STOP", pid);
        try {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !cluster.leader("operator").equals(leader));
            apply(2, "three");
            awaitReady();
        } finally {
            signal("-CONT", pid);
        }
        await().atMost(LIMIT).until(() -> cluster.metric(pod, "gyropilot_acting") == 0);
        assertThat(ProcessHandle.of(pid)).as("the process that was frozen").isPresent();
        String next = cluster.leader("operator");
        assertThat(next).isNotEqualTo(leader);
        assertThat(service().at("/status/activeRevision").asText())
                .isEqualTo(service().at("/status/latestRevision").asText());
    }

    @Test
    @Order(7)
    void requestsGoOnWhileEachGatewayIsKilled() {
        for (JsonNode pod : cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=gateway")) {
            String name = pod.at("/metadata/name").asText();
            RealCluster.processes(name).forEach(ProcessHandle::destroyForcibly);
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> cluster.embed(url, key, "minilm").statusCode() == 200);
            await().atMost(LIMIT)
                    .until(() -> cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=gateway").stream()
                            .allMatch(p ->
                                    p.at("/status/containerStatuses/0/ready").asBoolean()));
        }
    }

    @Test
    @Order(8)
    void changedSettingsTakeEffectAndBadOnesAreRefused() {
        JsonNode gateway = cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=gateway")
                .getFirst();
        cluster.gyro("install", "--set", "config.gateway={\"retries\": \"many\"}")
                .succeeded();
        await().atMost(Duration.ofSeconds(150))
                .until(() -> cluster.metric(gateway, "gyropilot_configuration_refusals_total") > 0);
        assertThat(cluster.metric(gateway, "gyropilot_configuration_valid")).isZero();
        cluster.gyro("install", "--set", "config.gateway={\"retries\": 3}").succeeded();
        await().atMost(Duration.ofSeconds(150))
                .until(() -> cluster.metric(gateway, "gyropilot_configuration_valid") == 1);
    }

    @Test
    @Order(9)
    void rolesMayNoMoreThanTheyNeed() {
        for (String role : List.of("operator", "scheduler", "gateway")) {
            String account = "--as=system:serviceaccount:" + RealCluster.NAMESPACE + ":gyropilot-" + role;
            for (String[] forbidden : new String[][] {
                {"get", "secrets", "-n", "story"},
                {"list", "secrets", "-A"},
                {"delete", "nodes"},
                {"create", "clusterrolebindings"},
                {"delete", "namespaces"},
                {"create", "pods"},
                {"update", "customresourcedefinitions"}
            }) {
                var command = new ArrayList<>(List.of("auth", "can-i"));
                command.addAll(List.of(forbidden));
                command.add(account);
                assertThat(cluster.kubectl(command.toArray(String[]::new)).out().strip())
                        .as("%s: %s", role, String.join(" ", forbidden))
                        .isEqualTo("no");
            }
        }
    }

    @Test
    @Order(10)
    void idleRolesAskTheApiRarely() {
        List<Idle> roles = Stream.of("operator", "scheduler", "gateway")
                .map(role -> cluster.pods(RealCluster.NAMESPACE, "app.kubernetes.io/component=" + role))
                .map(pods -> new Idle(pods, requests(pods)))
                .toList();
        await().timeout(Duration.ofMinutes(2)).pollDelay(Duration.ofMinutes(1)).until(() -> true);
        for (Idle role : roles) {
            double perMinute = requests(role.pods()) - role.before();
            String name = role.pods().getFirst().at("/metadata/name").asText();
            System.out.printf(
                    "%s: %.0f API requests per minute over %d replicas%n",
                    name, perMinute, role.pods().size());
            assertThat(perMinute)
                    .as(name)
                    .isLessThanOrEqualTo(10.0 * role.pods().size());
        }
    }

    /** The pods of a role and how often they had asked before the minute. */
    private record Idle(List<JsonNode> pods, double before) {}

    private static double requests(List<JsonNode> pods) {
        return pods.stream()
                .mapToDouble(pod -> cluster.metric(pod, "gyropilot_api_requests_total"))
                .sum();
    }

    private static void signal(String signal, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", signal, Long.toString(pid)).start().waitFor();
    }

    /** Requests one after the other until closed. */
    private static final class Requests implements AutoCloseable {
        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicInteger sent = new AtomicInteger();
        private final Set<String> failures = ConcurrentHashMap.newKeySet();
        private final Thread thread;

        private Requests() {
            thread = Thread.ofVirtual().start(this::run);
        }

        static Requests begin() {
            return new Requests();
        }

        private void run() {
            while (!stop.get()) {
                try {
                    HttpResponse<String> answer = cluster.embed(url, key, "minilm");
                    sent.incrementAndGet();
                    if (answer.statusCode() != 200) {
                        failures.add(answer.statusCode() + " " + answer.body());
                    }
                } catch (IOException e) {
                    failures.add(e.toString());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }

        void hadNoFailure() {
            assertThat(sent).hasPositiveValue();
            assertThat(failures.stream().collect(Collectors.joining("\n"))).isEmpty();
        }

        @Override
        public void close() {
            stop.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
