package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replicas die, Gyropilot itself dies, services sleep; clients do not notice. */
@Tag("process")
class ResilienceIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Gyropilot gyropilot = Gyropilot.fresh();

    @BeforeEach
    void start() {
        Needs.program("kubectl");
        gyropilot.up("minilm").succeeded();
    }

    @AfterEach
    void stop() {
        gyropilot.close();
    }

    private void scale(int replicas) {
        gyropilot
                .kubectl("scale", "modelservice", "minilm", "--replicas=" + replicas)
                .succeeded();
        gyropilot
                .kubectl(
                        "wait",
                        "modelservice/minilm",
                        "--for=jsonpath={.status.readyReplicas}=" + replicas,
                        "--timeout=90s")
                .succeeded();
    }

    /** Process ids of the model's servers, by the program they run; not those of the shells that watch over them. */
    private List<Long> engines() {
        return ProcessHandle.allProcesses()
                .filter(p -> p.info().command().orElse("").endsWith("/java"))
                .filter(p -> p.info().commandLine().orElse("").contains("dev.gyropilot.engines.Main"))
                .filter(p -> p.info()
                        .arguments()
                        .map(a -> List.of(a).contains("onnx"))
                        .orElse(false))
                .filter(this::isOurs)
                .map(ProcessHandle::pid)
                .toList();
    }

    private boolean isOurs(ProcessHandle process) {
        try {
            String environment =
                    java.nio.file.Files.readString(java.nio.file.Path.of("/proc/" + process.pid() + "/environ"));
            return environment.contains(gyropilot.home().toString());
        } catch (java.io.IOException e) {
            return false;
        }
    }

    @Test
    void threeReplicasShareTheRequestsAndOneMayDie() throws Exception {
        scale(3);
        assertThat(engines()).hasSize(3);
        try (Load load = new Load(gyropilot, "minilm", 4)) {
            await().atMost(LIMIT).until(() -> load.answers() > 200);
            long victim = engines().getFirst();
            ProcessHandle.of(victim).orElseThrow().destroyForcibly();
            await().atMost(LIMIT)
                    .until(() -> !engines().contains(victim) && engines().size() == 3);
            int before = load.answers();
            await().atMost(LIMIT).until(() -> load.answers() > before + 200);
            assertThat(load.failures()).isEmpty();
        }
        JsonNode pods = Gyropilot.json(gyropilot
                .kubectl("get", "pods", "-l", "gyropilot.dev/model-service=minilm", "-o", "json")
                .succeeded()
                .out());
        int restarts = 0;
        for (JsonNode pod : pods.path("items")) {
            restarts += pod.at("/status/containerStatuses/0/restartCount").asInt();
        }
        assertThat(restarts).isEqualTo(1);
    }

    @Test
    void killedGyropilotComesBackWithEverything() {
        gyropilot.kubectl("create", "configmap", "kept", "--from-literal=a=1").succeeded();
        List<Long> before = engines();
        assertThat(before).hasSize(1);
        ProcessHandle.of(gyropilot.pid()).orElseThrow().destroyForcibly();
        await().atMost(LIMIT).until(() -> ProcessHandle.of(gyropilot.pid()).isEmpty());
        gyropilot.up().succeeded();
        assertThat(gyropilot
                        .kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")
                        .succeeded()
                        .out())
                .isEqualTo("1");
        await().atMost(LIMIT)
                .until(() -> gyropilot
                                .post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":\"x\"}")
                                .statusCode()
                        == 200);
        assertThat(engines()).as("the running server is adopted").isEqualTo(before);
    }

    @Test
    void downStopsAllProcesses() {
        gyropilot.gyro("down").succeeded();
        await().atMost(LIMIT).until(() -> engines().isEmpty());
        assertThat(gyropilot.status().path("ready").asBoolean()).isFalse();
        gyropilot.up().succeeded();
        await().atMost(LIMIT)
                .until(() -> gyropilot
                                .post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":\"x\"}")
                                .statusCode()
                        == 200);
    }

    @Test
    void idleServiceSleepsAndTheFirstRequestWakesIt() {
        gyropilot
                .kubectl(
                        "patch",
                        "modelservice",
                        "minilm",
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"scaling\":{\"minReplicas\":0,\"idleSeconds\":2}}}")
                .succeeded();
        await().atMost(LIMIT).until(() -> engines().isEmpty());
        var answer = gyropilot.post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":\"wake up\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(engines()).hasSize(1);
    }

    @Test
    void aBrokenChangeLeavesTheOldRevisionServing() throws Exception {
        try (Load load = new Load(gyropilot, "minilm", 2)) {
            gyropilot
                    .kubectl(
                            "patch",
                            "modelservice",
                            "minilm",
                            "--type=merge",
                            "-p",
                            "{\"spec\":{\"args\":[\"--no-such-flag\"]}}")
                    .succeeded();
            await().atMost(LIMIT)
                    .until(() -> gyropilot.gyro("describe", "minilm").out().contains("no-such-flag"));
            await().atMost(LIMIT).until(() -> load.answers() > 100);
            gyropilot
                    .kubectl(
                            "patch",
                            "modelservice",
                            "minilm",
                            "--type=json",
                            "-p",
                            "[{\"op\":\"remove\",\"path\":\"/spec/args\"}]")
                    .succeeded();
            gyropilot
                    .kubectl(
                            "patch",
                            "modelservice",
                            "minilm",
                            "--type=merge",
                            "-p",
                            "{\"spec\":{\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}}")
                    .succeeded();
            await().atMost(LIMIT).until(() -> {
                JsonNode status = Gyropilot.json(gyropilot
                                .kubectl("get", "modelservice", "minilm", "-o", "json")
                                .out())
                        .path("status");
                return status.path("activeRevision").equals(status.path("latestRevision"))
                        && status.path("readyReplicas").asInt() == 1;
            });
            assertThat(load.failures()).isEmpty();
        }
    }
}
