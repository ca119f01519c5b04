package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.api.cluster.Key;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each refusal has its status, and the shape that OpenAI's clients know. */
class ErrorsIT {
    private static final int BODY_LIMIT = 100_000;
    private static final long BODY_MILLIS = 400;

    @TempDir
    Path directory;

    private Backend backend;
    private GatewayFixture fixture;

    @BeforeEach
    void start() throws IOException {
        backend = Backend.start(Backend.json("{}"));
        GatewayConfig.Timeouts t = GatewayConfig.Timeouts.defaults();
        GatewayConfig config = GatewayConfig.defaults()
                .withLimits(GatewayConfig.Limits.defaults().withBodyBytes(BODY_LIMIT))
                .withTimeouts(new GatewayConfig.Timeouts(
                        BODY_MILLIS,
                        BODY_MILLIS,
                        t.connectMillis(),
                        t.responseMillis(),
                        t.streamIdleMillis(),
                        t.clientWriteMillis(),
                        t.clientIdleMillis(),
                        t.upstreamIdleMillis(),
                        t.keepAliveMillis(),
                        t.lingerMillis()));
        fixture = new GatewayFixture(
                directory,
                config,
                GatewayFixture.service("m", backend),
                GatewayFixture.service(new Key("a", "twice"), 1, false, backend),
                GatewayFixture.service(new Key("b", "twice"), 1, false, backend),
                GatewayFixture.service(new Key("default", "off"), 0, false));
    }

    @AfterEach
    void stop() throws IOException {
        fixture.close();
        backend.close();
        assertThat(fixture.gateway.requestsInFlight()).isZero();
        assertThat(fixture.gateway.bufferedBytes()).isZero();
    }

    static Stream<Arguments> malformedBodies() {
        return Stream.of(
                Arguments.of("chat/completions", "", null, "no body"),
                Arguments.of("chat/completions", "[1]", null, "must be a JSON object"),
                Arguments.of("chat/completions", "{\"model\":\"m\",\"messages\":[", "messages", "ends after"),
                Arguments.of("chat/completions", "{\"model\":\"m\",\"messages\":[}", "messages", "at byte 25"),
                Arguments.of("chat/completions", "{\"model\":\"m\"} x", null, "nothing after"),
                Arguments.of("chat/completions", "{'model':1}", null, "double quotes"),
                Arguments.of("chat/completions", "{\"messages\":[]}", "model", "missing"),
                Arguments.of("chat/completions", "{\"model\":7,\"messages\":[]}", "model", "it is a number"),
                Arguments.of("chat/completions", "{\"model\":\"m\",\"messages\":\"hi\"}", "messages", "an array"),
                Arguments.of("chat/completions", "{\"model\":\"m\",\"model\":\"n\"}", "model", "twice"),
                Arguments.of("chat/completions", "{\"model\":\"m\",\"messages\":[],\"stream\":1}", "stream", "true or"),
                Arguments.of(
                        "chat/completions",
                        "{\"model\":\"m\",\"messages\":[],\"stream_options\":[]}",
                        "stream_options",
                        "an object"),
                Arguments.of("embeddings", "{\"model\":\"m\"}", "input", "missing"),
                Arguments.of("embeddings", "{\"model\":\"m\",\"input\":{}}", "input", "it is an object"),
                Arguments.of("embeddings", "{\"model\":\"m\",\"input\":\"a\\x\"}", "input", "escape"));
    }

    @ParameterizedTest
    @MethodSource("malformedBodies")
    void namesTheFieldOfAMalformedBody(String path, String body, @Nullable String param, String message)
            throws Exception {
        HttpResponse<String> response = fixture.post("/v1/" + path, body);
        assertError(response, 400, "invalid_request_error", null, param);
        assertThat(response.body()).contains(message);
        assertThat(backend.requests).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"Bearer wrong", "Basic c2stdGVzdA==", "sk-test", "Bearer"})
    void refusesAWrongKey(String header) throws Exception {
        HttpResponse<String> response =
                fixture.post("/v1/embeddings", GatewayFixture.embed("m"), "authorization", header);
        assertError(response, 401, "invalid_request_error", "invalid_api_key", null);
    }

    @Test
    void refusesAMissingKey() throws Exception {
        assertError(fixture.get("/v1/models"), 401, "invalid_request_error", "invalid_api_key", null);
    }

    @Test
    void namesTheKnownModels() throws Exception {
        HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("nope"));
        assertError(response, 404, "invalid_request_error", "model_not_found", "model");
        assertThat(response.body()).contains("`nope`").contains("m, a/twice, b/twice, off");
    }

    @Test
    void showsAKeyOnlyTheModelsOfItsNamespaces() throws Exception {
        HttpResponse<String> response = fixture.post(
                "/v1/embeddings", GatewayFixture.embed("m"), "authorization", "Bearer " + GatewayFixture.LIMITED_KEY);
        assertError(response, 404, "invalid_request_error", "model_not_found", "model");
        assertThat(response.body()).doesNotContain("twice");
    }

    @Test
    void namesBothServicesOfAnAmbiguousModel() throws Exception {
        HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("twice"));
        assertError(response, 400, "invalid_request_error", "model_ambiguous", "model");
        assertThat(response.body()).contains("a/twice, b/twice");
        assertThat(fixture.post("/v1/embeddings", GatewayFixture.embed("b/twice"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void saysThatAServiceIsScaledToZero() throws Exception {
        HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed("off"));
        assertError(response, 503, "server_error", "service_unavailable", null);
        assertThat(response.body()).contains("spec.replicas");
    }

    @Test
    void knowsPathsAndMethods() throws Exception {
        assertError(fixture.post("/v1/nope", "{}"), 404, "invalid_request_error", "unknown_url", null);
        String[] key = {"authorization", "Bearer " + GatewayFixture.KEY};
        assertError(fixture.get("/v1/embeddings", key), 405, "invalid_request_error", "method_not_allowed", null);
        assertError(fixture.post("/v1/models", "{}"), 405, "invalid_request_error", "method_not_allowed", null);
    }

    @Test
    void refusesALargeBodyOfKnownLengthAndKeepsTheAnswerReadable() throws Exception {
        String text = "x".repeat(BODY_LIMIT * 30);
        HttpResponse<String> response = fixture.post("/v1/embeddings", GatewayFixture.embed(text));
        assertError(response, 413, "invalid_request_error", "request_too_large", null);
    }

    @Test
    void refusesALargeBodyOfUnknownLength() throws Exception {
        byte[] endless = GatewayFixture.embed("x".repeat(BODY_LIMIT * 2)).getBytes(StandardCharsets.UTF_8);
        HttpResponse<String> response = fixture.send(HttpRequest.newBuilder(fixture.uri("/v1/embeddings"))
                .header("authorization", "Bearer " + GatewayFixture.KEY)
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(endless)))
                .build());
        assertError(response, 413, "invalid_request_error", "request_too_large", null);
    }

    @Test
    void answersBeforeTheBodyWhenTheClientAsksFirst() throws Exception {
        String head = "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + GatewayFixture.KEY
                + "\r\nexpect: 100-continue\r\ncontent-length: ";
        assertThat(fixture.raw(head + (BODY_LIMIT + 1) + "\r\n\r\n")).startsWith("HTTP/1.1 413 ");
        String body = GatewayFixture.embed("m");
        assertThat(fixture.raw(head + body.length() + "\r\nconnection: close\r\n\r\n" + body))
                .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK");
    }

    @Test
    void givesUpOnABodyThatNeverEnds() throws Exception {
        String answer = fixture.raw("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
                + GatewayFixture.KEY + "\r\ncontent-length: 100\r\n\r\n{\"model\":");
        assertThat(answer).startsWith("HTTP/1.1 408 ").contains("request_timeout");
    }

    @Test
    void givesUpOnAHeaderThatNeverEnds() throws Exception {
        assertThat(fixture.raw("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\n")).startsWith("HTTP/1.1 408 ");
        // Nor does a client that says nothing at all keep its connection.
        assertThat(fixture.raw("")).isEmpty();
    }

    @Test
    void refusesWhatIsBeyondTheLimitOfRequestsInFlight() throws Exception {
        Backend.Script never = (request, wire) -> wire.clientGone();
        try (Backend silent = Backend.start(never);
                GatewayFixture small = new GatewayFixture(
                        directory.resolve("small"),
                        GatewayConfig.defaults()
                                .withLimits(GatewayConfig.Limits.defaults().withConcurrentRequests(1)),
                        GatewayFixture.service("m", silent));
                Socket first = small.connect()) {
            String body = GatewayFixture.embed("m");
            first.getOutputStream()
                    .write(("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + GatewayFixture.KEY
                                    + "\r\ncontent-length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            Awaiting.until(() -> silent.requests.size() == 1);
            HttpResponse<String> response = small.post("/v1/embeddings", body);
            assertError(response, 429, "rate_limit_error", "gateway_overloaded", null);
            assertThat(response.headers().firstValue("retry-after")).hasValue("1");
        }
    }

    @Test
    void keepsTheConnectionAfterARefusal() throws Exception {
        String bad = "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + GatewayFixture.KEY
                + "\r\ncontent-length: 2\r\n\r\n{}";
        String last = bad.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        assertThat(fixture.raw(bad + bad + last).split("HTTP/1.1 400", -1)).hasSize(4);
    }

    private static void assertError(
            HttpResponse<String> response, int status, String type, @Nullable String code, @Nullable String param)
            throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        JsonNode error = new ObjectMapper().readTree(response.body()).path("error");
        assertThat(error.path("message").asText()).isNotEmpty();
        assertThat(error.path("type").asText()).isEqualTo(type);
        assertThat(error.path("code").asText(null)).isEqualTo(code);
        assertThat(error.path("param").asText(null)).isEqualTo(param);
    }
}
