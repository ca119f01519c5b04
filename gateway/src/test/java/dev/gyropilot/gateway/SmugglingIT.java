package dev.gyropilot.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What two HTTP programs could read differently never reaches a replica, and ends the connection. */
class SmugglingIT {
    private static final String BODY = GatewayFixture.embed("m");
    private static final String HEAD =
            "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + GatewayFixture.KEY + "\r\n";
    private static final String SMUGGLED = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n";

    @TempDir
    Path directory;

    private Backend backend;
    private GatewayFixture fixture;

    @BeforeEach
    void start() throws IOException {
        backend = Backend.start(Backend.json("{}"));
        fixture = new GatewayFixture(directory, GatewayConfig.defaults(), GatewayFixture.service("m", backend));
    }

    @AfterEach
    void stop() throws IOException {
        fixture.close();
        backend.close();
    }

    static Stream<Arguments> attacks() {
        String chunked = Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n\r\n";
        return Stream.of(
                attack("length and chunks", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + chunked),
                attack("chunks and length", "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n" + chunked),
                attack("two lengths", "content-length: 5\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY),
                attack("two lengths in one", "content-length: 5, " + BODY.length() + "\r\n\r\n" + BODY),
                attack("negative length", "content-length: -1\r\n\r\n" + BODY),
                attack("signed length", "content-length: +" + BODY.length() + "\r\n\r\n" + BODY),
                attack("unknown encoding", "transfer-encoding: xchunked\r\n\r\n" + chunked),
                attack("two encodings", "transfer-encoding: gzip, chunked\r\n\r\n" + chunked),
                attack("identity", "transfer-encoding: identity\r\ncontent-length: 5\r\n\r\n" + chunked),
                attack("encoding twice", "transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n" + chunked),
                attack("blank before colon", "transfer-encoding : chunked\r\n\r\n" + chunked),
                attack("folded", "x: 1\r\n transfer-encoding: chunked\r\n\r\n" + chunked),
                attack("tab in encoding", "transfer-encoding:\tx\u000bchunked\r\n\r\n" + chunked),
                attack("bad chunk size", "transfer-encoding: chunked\r\n\r\nzz\r\n" + BODY + "\r\n0\r\n\r\n"),
                attack("huge chunk size", "transfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n" + BODY),
                attack("negative chunk size", "transfer-encoding: chunked\r\n\r\n-5\r\n" + BODY + "\r\n0\r\n\r\n"),
                attack("control in header", "x: a\u0000b\r\ncontent-length: 2\r\n\r\n{}"),
                attack("two hosts", "host: y\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY));
    }

    private static Arguments attack(String name, String rest) {
        return Arguments.of(name, HEAD + rest + SMUGGLED);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void refusesAndCloses(String name, String request) throws Exception {
        String answer = fixture.raw(request);
        assertThat(answer).startsWith("HTTP/1.1 4").contains("\r\nconnection: close\r\n");
        assertThat(answer.split("HTTP/1.1 [0-9]", -1)).as("one answer only").hasSize(2);
        assertThat(backend.requests).isEmpty();
    }

    @Test
    void refusesHttp10WithChunksAndMissingHosts() throws Exception {
        assertThat(fixture.raw("POST /v1/embeddings HTTP/1.0\r\nauthorization: Bearer " + GatewayFixture.KEY
                        + "\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
        assertThat(fixture.raw("GET /livez HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(fixture.raw("GET /livez HTTP/2.0\r\nhost: x\r\n\r\n")).startsWith("HTTP/1.1 505 ");
        assertThat(fixture.raw("\u0016\u0003\u0001 hello\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void limitsTheHeader() throws Exception {
        assertThat(fixture.raw("GET /livez HTTP/1.1\r\nhost: x\r\nx: " + "a".repeat(40_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ");
        assertThat(fixture.raw("GET /livez HTTP/1.1\r\nhost: x\r\n" + "a: b\r\n".repeat(10_000) + "\r\n"))
                .startsWith("HTTP/1.1 431 ");
        assertThat(fixture.raw("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nhost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ");
    }

    @Test
    void servesHttp10AndAbsoluteTargets() throws Exception {
        String answer = fixture.raw("POST /v1/embeddings HTTP/1.0\r\nauthorization: Bearer " + GatewayFixture.KEY
                + "\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY);
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK")
                .contains("connection: close")
                .endsWith("\r\n\r\n{}");
        assertThat(fixture.raw("GET http://x/livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 OK");
    }

    @Test
    void takesChunkedBodiesAndPipelinedRequests() throws Exception {
        StringBuilder chunks = new StringBuilder();
        BODY.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
        String one = HEAD + "transfer-encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n";
        String last = HEAD + "connection: close\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY;
        String answer = fixture.raw(one.repeat(50) + last);
        assertThat(answer.split("HTTP/1.1 200 OK", -1)).hasSize(52);
        assertThat(backend.requests)
                .hasSize(51)
                .allMatch(request -> request.body().equals(BODY));
    }
}
