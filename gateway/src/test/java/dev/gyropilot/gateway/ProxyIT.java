package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.ledger.UsageSum;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyIT {
    private static final String EMBEDDINGS = "{\"object\":\"list\",\"data\":[{\"index\":0,\"embedding\":[0.1]}],"
            + "\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}";

    @TempDir
    Path directory;

    @Test
    void passesARequestAndItsAnswer() throws Exception {
        try (Backend backend = Backend.start(Backend.json(EMBEDDINGS));
                GatewayFixture fixture = fixture(backend)) {
            HttpResponse<String> response = fixture.post(
                    "/v1/embeddings?api-version=1",
                    GatewayFixture.embed("m"),
                    "traceparent",
                    "00-11111111111111111111111111111111-2222222222222222-01",
                    "x-gateway-destination-endpoint",
                    "10.0.0.1:80",
                    "cookie",
                    "secret=1",
                    "x-request-id",
                    "my-id");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(EMBEDDINGS);
            assertThat(response.headers().firstValue("x-request-id")).hasValue("my-id");
            Backend.Request request = backend.requests.getFirst();
            assertThat(request.line()).isEqualTo("POST /v1/embeddings HTTP/1.1");
            assertThat(request.body()).isEqualTo(GatewayFixture.embed("m"));
            assertThat(request.headers())
                    .containsEntry("host", "127.0.0.1:" + backend.port())
                    .containsEntry("x-request-id", "my-id")
                    .containsEntry("traceparent", "00-11111111111111111111111111111111-2222222222222222-01")
                    .containsEntry("content-type", "application/json")
                    .doesNotContainKeys("authorization", "cookie", "x-gateway-destination-endpoint", "connection");
            UsageSum usage = fixture.usage();
            assertThat(usage.requests()).isEqualTo(1);
            assertThat(usage.inputTokens()).isEqualTo(7);
        }
    }

    @Test
    void reusesConnectionsToTheReplica() throws Exception {
        try (Backend backend = Backend.start(Backend.json(EMBEDDINGS));
                GatewayFixture fixture = fixture(backend)) {
            for (int i = 0; i < 20; i++) {
                assertThat(fixture.post("/v1/embeddings", GatewayFixture.embed("m"))
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(backend.requests).hasSize(20);
            assertThat(backend.connections).hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void streamsEventsAndTakesOutTheUsageThatOnlyTheGatewayAskedFor() throws Exception {
        Backend.Script script = (request, wire) -> {
            wire.streamHead();
            wire.event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":null}");
            // An event cut in the middle, and two in one piece.
            wire.chunk("data: {\"choices\":[{\"index\":0,\"de");
            wire.chunk("lta\":{\"content\":\"b\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
                    + "\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n");
            wire.chunk("data: [DONE]\n\n");
            wire.end();
        };
        try (Backend backend = Backend.start(script);
                GatewayFixture fixture = fixture(backend)) {
            String body = fixture.post("/v1/chat/completions", GatewayFixture.chat("m", true, ""))
                    .body();
            assertThat(GatewayFixture.events(body))
                    .containsExactly(
                            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":null}",
                            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}]}",
                            "[DONE]");
            assertThat(backend.requests.getFirst().body())
                    .endsWith("\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
            UsageSum usage = fixture.usage();
            assertThat(List.of(usage.inputTokens(), usage.outputTokens(), usage.cachedTokens()))
                    .containsExactly(11L, 2L, 8L);

            String asked = fixture.post(
                            "/v1/chat/completions",
                            GatewayFixture.chat("m", true, ",\"stream_options\":{\"include_usage\":true}"))
                    .body();
            assertThat(GatewayFixture.events(asked)).hasSize(4);
        }
    }

    @Test
    void knowsAliasesAndNamespaces() throws Exception {
        try (Backend backend = Backend.start(Backend.json(EMBEDDINGS));
                GatewayFixture fixture = fixture(backend)) {
            for (String name : List.of("m", "m-alias", "default/m", "default/m-alias", "m-\\u0061lias")) {
                assertThat(fixture.post("/v1/embeddings", GatewayFixture.embed(name))
                                .statusCode())
                        .as(name)
                        .isEqualTo(200);
                assertThat(backend.requests.getLast().body()).isEqualTo(GatewayFixture.embed("m"));
            }
        }
    }

    @Test
    void listsModels() throws Exception {
        try (Backend backend = Backend.start(Backend.json(EMBEDDINGS));
                GatewayFixture fixture = fixture(backend)) {
            String[] key = {"authorization", "Bearer " + GatewayFixture.KEY};
            assertThat(fixture.get("/v1/models", key).body())
                    .isEqualTo("{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\","
                            + "\"created\":1700000000,\"owned_by\":\"gyropilot\"}]}");
            assertThat(fixture.get("/v1/models/default%2Fm", key).body()).contains("\"id\":\"default/m\"");
            assertThat(fixture.get("/v1/models/nope", key).statusCode()).isEqualTo(404);
            assertThat(fixture.get("/v1/models", "authorization", "Bearer " + GatewayFixture.LIMITED_KEY)
                            .body())
                    .isEqualTo("{\"object\":\"list\",\"data\":[]}");
        }
    }

    @Test
    void tellsHealthAndMetricsWithoutAKey() throws Exception {
        try (Backend backend = Backend.start(Backend.json(EMBEDDINGS));
                GatewayFixture fixture = fixture(backend)) {
            fixture.post("/v1/embeddings", GatewayFixture.embed("m"));
            assertThat(fixture.get("/livez").body()).isEqualTo("ok\n");
            assertThat(fixture.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(fixture.get("/metrics").body())
                    .contains("gyropilot_gateway_requests_total{namespace=\"default\",gen_ai_request_model=\"m\","
                            + "gen_ai_operation_name=\"embeddings\",http_response_status_code=\"200\"} 1")
                    .contains("gen_ai_server_request_duration_seconds_count{")
                    .contains("gen_ai_client_token_usage_sum{namespace=\"default\",gen_ai_request_model=\"m\","
                            + "gen_ai_operation_name=\"embeddings\",gen_ai_token_type=\"input\"} 7.0");
        }
    }

    private GatewayFixture fixture(Backend backend) {
        return new GatewayFixture(directory, GatewayConfig.defaults(), GatewayFixture.service("m", backend));
    }
}
