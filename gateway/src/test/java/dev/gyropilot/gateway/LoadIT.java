package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.gateway.catalog.Catalog;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas tell their load, and the least loaded one gets the requests. */
class LoadIT {
    private static final String PAGE = """
            # HELP vllm:num_requests_waiting waiting
            vllm:num_requests_waiting{model_name="a {b} c"} 2.0
            vllm:num_requests_waiting{model_name="d"} 3e0 1700000000000
            vllm:num_requests_waiting_by_reason{reason="capacity"} 99
            vllm:num_requests_running NaN
            vllm:kv_cache_usage_perc{engine="0"} 0.25
            vllm:kv_cache_usage_perc{engine="1"} 0.75
            """;

    @TempDir
    Path directory;

    @Test
    void readsGauges() {
        assertThat(LoadPage.sum(PAGE, "vllm:num_requests_waiting")).isEqualTo(5);
        assertThat(LoadPage.sum(PAGE, "vllm:num_requests_running")).isZero();
        assertThat(LoadPage.max(PAGE, "vllm:kv_cache_usage_perc")).isEqualTo(0.75);
        assertThat(LoadPage.sum(PAGE, null)).isZero();
    }

    @Test
    void avoidsTheReplicaThatOthersKeepBusy() throws Exception {
        try (Backend busy = Backend.start(script("vllm:num_requests_running 7\n"));
                Backend free = Backend.start(script("vllm:num_requests_running 0\n"));
                GatewayFixture fixture = new GatewayFixture(
                        directory,
                        GatewayConfig.defaults(),
                        new Catalog.Service(
                                new Key("default", "m"),
                                List.of(),
                                List.of(),
                                0,
                                2,
                                false,
                                60,
                                new Catalog.LoadMetrics(
                                        "/metrics",
                                        null,
                                        "vllm:num_requests_waiting",
                                        "vllm:num_requests_running",
                                        null),
                                List.of(busy.replica(), free.replica())))) {
            ReplicaSet replicas = fixture.gateway.table().services().getFirst().replicas();
            Awaiting.until(() -> replicas.running(0) == 7);
            long before = inferences(busy);
            for (int i = 0; i < 20; i++) {
                fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            }
            assertThat(inferences(busy)).isEqualTo(before);
            assertThat(inferences(free)).isEqualTo(20);
        }
    }

    private static long inferences(Backend backend) {
        return backend.requests.stream()
                .filter(request -> request.line().startsWith("POST"))
                .count();
    }

    private static Backend.Script script(String metrics) {
        return (request, wire) -> wire.json(200, request.line().contains("/metrics") ? metrics : "{}");
    }
}
