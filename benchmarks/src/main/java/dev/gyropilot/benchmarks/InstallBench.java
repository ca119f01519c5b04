package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An installation on real nodes that have its images: how long until it is ready, how long from a service's manifest to the
 * first answer, and what each role holds and asks while nothing happens.
 */
final class InstallBench {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String STORY = "gyropilot-bench";
    private static final double REQUESTS_GOAL = 10;
    private static final int HEALTH_PORT = 8081;

    private final Kube kube;

    InstallBench(Kube kube) {
        this.kube = kube;
    }

    List<Row> run() throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        System.err.println("cluster: installing");
        long begin = System.nanoTime();
        String key = kube.gyro("install").strip();
        if (key.isEmpty()) {
            throw new IOException(
                    "Gyropilot was installed on this cluster already. Maybe gyro uninstall --delete-data");
        }
        rows.add(Row.alone("cluster/install-to-ready", Kube.secondsSince(begin), "s"));
        try {
            kube.kubectl("create", "namespace", STORY);
            rows.add(Row.alone("cluster/apply-to-first-answer", firstAnswer(key), "s"));
            System.err.println("cluster: a quiet minute");
            rows.addAll(idle());
        } finally {
            kube.kubectl("delete", "namespace", STORY, "--ignore-not-found", "--wait=true");
            kube.gyro("uninstall", "--delete-data");
        }
        return rows;
    }

    private double firstAnswer(String key) throws IOException, InterruptedException {
        String url = "http://"
                + kube.object("service", "gyropilot-gateway", "-n", Kube.SYSTEM)
                        .at("/spec/clusterIP")
                        .asText() + ":8080/v1/embeddings";
        long begin = System.nanoTime();
        kube.apply("""
                apiVersion: gyropilot.dev/v1alpha1
                kind: ModelService
                metadata: {name: minilm, namespace: %s}
                spec: {model: {uri: "builtin://minilm"}, replicas: 1}
                """.formatted(STORY));
        return Kube.await(
                "an answer",
                begin,
                LIMIT,
                () -> kube.post(url, key, "{\"model\":\"minilm\",\"input\":\"hello world\"}") == 200);
    }

    /** A replica of a role and how often it had asked before the minute. */
    private record Replica(String role, String address, double before) {}

    private List<Row> idle() throws IOException, InterruptedException {
        List<Replica> replicas = new ArrayList<>();
        for (String role : List.of("operator", "scheduler", "gateway")) {
            JsonNode pods = kube.object("pods", "-n", Kube.SYSTEM, "-l", "app.kubernetes.io/component=" + role)
                    .path("items");
            for (JsonNode pod : pods) {
                String address = pod.at("/status/podIP").asText();
                replicas.add(
                        new Replica(role, address, kube.metric(address, HEALTH_PORT, "gyropilot_api_requests_total")));
            }
        }
        TimeUnit.MINUTES.sleep(1);
        List<Row> rows = new ArrayList<>();
        for (Replica replica : replicas) {
            double acts = kube.metric(replica.address(), HEALTH_PORT, "gyropilot_acting");
            String name = "cluster/" + replica.role() + (acts == 1 ? "" : "-standby");
            double memory = kube.metric(replica.address(), HEALTH_PORT, "process_resident_memory_bytes");
            double requests =
                    kube.metric(replica.address(), HEALTH_PORT, "gyropilot_api_requests_total") - replica.before();
            rows.add(Row.alone(name + "-memory", memory / (1 << 20), "MiB"));
            rows.add(new Row(name + "-idle-requests", requests, "1/min", "goal", REQUESTS_GOAL));
        }
        return rows;
    }
}
