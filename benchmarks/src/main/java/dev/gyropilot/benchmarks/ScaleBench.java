package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A thousand services with five replicas each on a real control plane whose nodes are played by kwok; operator and scheduler
 * are processes of this machine that have the rights of their service accounts. The API server's audit log tells what they ask.
 */
final class ScaleBench implements AutoCloseable {
    private static final int NODES = 100;
    private static final int SERVICES = 1_000;
    private static final int REPLICAS = 5;
    private static final int NAMESPACES = 10;
    private static final double RESTART_GOAL_SECONDS = 20;
    private static final double REQUESTS_GOAL = 10;
    private static final Duration READY_LIMIT = Duration.ofMinutes(30);
    private static final Duration RESTART_LIMIT = Duration.ofMinutes(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path folder;
    private final RealControlPlane plane;
    private final Kube kube;
    private final List<BenchProcess> running = new ArrayList<>();

    private ScaleBench(Path folder, RealControlPlane plane) {
        this.folder = folder;
        this.plane = plane;
        this.kube = new Kube(plane.kubeconfig());
    }

    /** Starts the control plane. */
    static ScaleBench start() throws IOException, InterruptedException {
        System.err.println("cluster: starting a control plane");
        Path folder = Files.createTempDirectory("gyropilot-scale");
        Path policy = Kube.ROOT.resolve("acceptance/kubernetes/conf/audit.yaml");
        Map<String, String> variables = Map.of(
                "NODES", "kwok",
                "API_ARGS",
                        "--audit-policy-file=" + policy + " --audit-log-path=" + folder.resolve("audit.log")
                                + " --audit-log-maxsize=4000",
                "KCM_ARGS",
                        "--kube-api-qps=1000 --kube-api-burst=1000 --concurrent-deployment-syncs=20"
                                + " --concurrent-replicaset-syncs=20 --concurrent-service-endpoint-syncs=20");
        return new ScaleBench(folder, RealControlPlane.start(folder, variables));
    }

    List<Row> run() throws IOException, InterruptedException {
        kube.apply(nodes());
        kube.gyro("install", "--timeout", "0");
        BenchProcess operator = role("operator");
        BenchProcess scheduler = role("scheduler");
        System.err.println("cluster: " + SERVICES + " services with " + SERVICES * REPLICAS + " pods");
        long begin = System.nanoTime();
        for (int i = 0; i < NAMESPACES; i++) {
            kube.kubectl("create", "namespace", "scale-" + i);
            kube.apply(services(i));
        }
        List<Row> rows = new ArrayList<>();
        double ready = Kube.await("that all are ready", begin, READY_LIMIT, this::allReady);
        rows.add(Row.alone("cluster/scale-apply-to-all-ready", ready, "s"));
        rows.add(Row.alone("cluster/scale-operator-cpu-until-ready", operator.cpuSeconds(), "s"));
        rows.add(Row.alone("cluster/scale-scheduler-cpu-until-ready", scheduler.cpuSeconds(), "s"));
        rows.addAll(idle(operator, scheduler));
        rows.addAll(restart(operator));
        return rows;
    }

    private List<Row> idle(BenchProcess operator, BenchProcess scheduler) throws IOException, InterruptedException {
        for (double last = -2, now = 0; now - last > 2; ) {
            last = requests(operator) + requests(scheduler);
            TimeUnit.SECONDS.sleep(5);
            now = requests(operator) + requests(scheduler);
        }
        System.err.println("cluster: a quiet minute");
        double cpu = operator.cpuSeconds();
        double asked = requests(operator);
        double askedByScheduler = requests(scheduler);
        TimeUnit.MINUTES.sleep(1);
        return List.of(
                Row.alone("cluster/scale-operator-memory", operator.residentMebibytes(), "MiB"),
                Row.alone("cluster/scale-scheduler-memory", scheduler.residentMebibytes(), "MiB"),
                Row.alone("cluster/scale-operator-idle-cpu", operator.cpuSeconds() - cpu, "s/min"),
                new Row(
                        "cluster/scale-operator-idle-requests",
                        requests(operator) - asked,
                        "1/min",
                        "goal",
                        REQUESTS_GOAL),
                new Row(
                        "cluster/scale-scheduler-idle-requests",
                        requests(scheduler) - askedByScheduler,
                        "1/min",
                        "goal",
                        REQUESTS_GOAL));
    }

    private List<Row> restart(BenchProcess operator) throws IOException, InterruptedException {
        System.err.println("cluster: the operator starts again");
        operator.end(STOP_LIMIT);
        Instant since = Instant.now();
        long begin = System.nanoTime();
        BenchProcess again = role("operator");
        double seconds = Kube.await("a whole pass of the operator", begin, RESTART_LIMIT, () -> settled(again));
        TimeUnit.SECONDS.sleep(10);
        int lists = 0;
        Map<String, Integer> byKind = new HashMap<>();
        for (JsonNode list : audit(since, verb -> verb.equals("list"))) {
            lists += byKind.merge(list.at("/objectRef/resource").asText(), 1, Integer::sum) > 1 ? 1 : 0;
        }
        long writes =
                audit(since, verb -> verb.equals("patch") || verb.equals("create") || verb.equals("update")).stream()
                        .filter(event ->
                                !event.at("/objectRef/resource").asText().equals("leases"))
                        .count();
        return List.of(
                new Row("cluster/scale-restart-to-reconciled", seconds, "s", "goal", RESTART_GOAL_SECONDS),
                Row.alone("cluster/scale-restart-cpu", again.cpuSeconds(), "s"),
                Row.alone("cluster/scale-restart-writes", (double) writes, "requests"),
                new Row("cluster/scale-lists-after-the-first", lists, "requests", "goal", 0.0));
    }

    private boolean settled(BenchProcess operator) throws InterruptedException {
        return kube.metric("127.0.0.1", operator.port(), "gyropilot_acting") == 1
                && kube.metric("127.0.0.1", operator.port(), "gyropilot_reconciles_total") >= SERVICES
                && kube.metric("127.0.0.1", operator.port(), "gyropilot_reconciles_waiting") == 0;
    }

    /** Requests of the operator's account since then. */
    private List<JsonNode> audit(Instant since, Predicate<String> verb) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        try (Stream<String> lines = Files.lines(folder.resolve("audit.log"))) {
            for (String line : lines.filter(l -> l.endsWith("}}") && l.contains(":gyropilot-operator\""))
                    .toList()) {
                JsonNode event = JSON.readTree(line);
                if (verb.test(event.path("verb").asText())
                        && Instant.parse(event.path("requestReceivedTimestamp").asText())
                                .isAfter(since)) {
                    events.add(event);
                }
            }
        }
        return events;
    }

    private double requests(BenchProcess role) throws InterruptedException {
        return kube.metric("127.0.0.1", role.port(), "gyropilot_api_requests_total");
    }

    private boolean allReady() throws IOException, InterruptedException {
        TimeUnit.SECONDS.sleep(2);
        String counts = kube.kubectl(
                "get", "modelservices", "-A", "-o", "jsonpath={range .items[*]}{.status.readyReplicas}{\" \"}{end}");
        return Stream.of(counts.strip().split("\\s+"))
                        .mapToInt(count -> count.isEmpty() ? 0 : Integer.parseInt(count))
                        .sum()
                == SERVICES * REPLICAS;
    }

    /** A role as its pod has it, by the rights of its service account. */
    private BenchProcess role(String role) throws IOException, InterruptedException {
        String token = kube.kubectl("create", "token", "gyropilot-" + role, "-n", Kube.SYSTEM, "--duration=3h")
                .strip();
        Path kubeconfig = folder.resolve(role + ".kubeconfig");
        Files.writeString(
                kubeconfig,
                Files.readString(folder.resolve("kubeconfig"))
                        .replaceFirst("token: \"[^\"]*\"", "token: \"" + token + "\""));
        int port = BenchProcess.freePort();
        BenchProcess process = BenchProcess.start(
                List.of(
                        Kube.ROOT.resolve("gyro").toString(),
                        "run",
                        role,
                        "--kubeconfig",
                        kubeconfig.toString(),
                        "--namespace",
                        Kube.SYSTEM,
                        "--config",
                        folder.resolve("none.yaml").toString(),
                        "--state",
                        folder.resolve(role).toString(),
                        "--health-address",
                        "127.0.0.1",
                        "--health-port",
                        Integer.toString(port)),
                port);
        running.add(process);
        return process;
    }

    private static String nodes() {
        StringBuilder manifests = new StringBuilder();
        for (int i = 0; i < NODES; i++) {
            manifests.append("""
                    apiVersion: v1
                    kind: Node
                    metadata:
                      name: scale-%1$d
                      annotations: {kwok.x-k8s.io/node: fake}
                      labels: {kubernetes.io/hostname: scale-%1$d}
                    ---
                    """.formatted(i));
        }
        return manifests.toString();
    }

    private static String services(int namespace) {
        StringBuilder manifests = new StringBuilder();
        for (int i = 0; i < SERVICES / NAMESPACES; i++) {
            manifests.append("""
                    apiVersion: gyropilot.dev/v1alpha1
                    kind: ModelService
                    metadata: {name: service-%d, namespace: scale-%d}
                    spec: {model: {uri: "builtin://minilm"}, replicas: %d}
                    ---
                    """.formatted(i, namespace, REPLICAS));
        }
        return manifests.toString();
    }

    @Override
    public void close() throws IOException {
        running.forEach(BenchProcess::close);
        plane.close();
    }
}
