package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text generation on llama.cpp from a file and from a hub served here, and on the simulated engine. */
@Tag("process")
class GenerationIT {
    private static final String CHAT =
            "{\"model\":\"%s\",\"max_tokens\":8,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @TempDir
    static Path folder;

    private static Path gguf;

    @BeforeAll
    static void start() {
        gguf = folder.resolve("tiny.gguf");
        gyropilot.gyro("sample-gguf", gguf.toString()).succeeded();
        gyropilot.up().succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    @Test
    void aFileIsServedAndStreams() {
        gyropilot.gyro("deploy", gguf.toString(), "--name", "chat", "--wait").succeeded();
        JsonNode answer = Gyropilot.json(gyropilot
                .post("/v1/chat/completions", CHAT.formatted("chat", false))
                .body());
        assertThat(answer.at("/usage/completion_tokens").asInt())
                .as(answer.toString())
                .isPositive();
        assertStreams("chat");
        gyropilot.gyro("delete", "chat").succeeded();
    }

    @Test
    void aSimulatedEngineSaysThatItIsSimulated() {
        gyropilot.gyro("deploy", "simulated", "--name", "sim", "--wait").succeeded();
        JsonNode answer = Gyropilot.json(gyropilot
                .post("/v1/chat/completions", CHAT.formatted("sim", false))
                .body());
        assertThat(answer.toString()).contains("simulated");
        assertStreams("sim");
        gyropilot.gyro("delete", "sim").succeeded();
    }

    @Test
    void aHubAddressIsFetchedOnceAndChecked() throws Exception {
        byte[] bytes = Files.readAllBytes(gguf);
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.createContext("/org/repo/resolve/main/tiny.gguf", exchange -> {
            exchange.getResponseHeaders().add("ETag", "\"" + digest + "\"");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(200, head ? -1 : bytes.length);
            if (!head) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        });
        hub.start();
        try {
            String address = "http://127.0.0.1:" + hub.getAddress().getPort();
            gyropilot
                    .gyro(
                            "deploy",
                            address + "/org/repo/resolve/main/tiny.gguf",
                            "--name",
                            "fetched",
                            "--sha256",
                            digest,
                            "--wait")
                    .succeeded();
            assertThat(gyropilot
                            .post("/v1/chat/completions", CHAT.formatted("fetched", false))
                            .statusCode())
                    .isEqualTo(200);
            gyropilot.gyro("delete", "fetched").succeeded();
            var wrong = gyropilot.gyro(
                    "deploy",
                    address + "/org/repo/resolve/main/tiny.gguf?again",
                    "--name",
                    "wrong",
                    "--sha256",
                    "0".repeat(64),
                    "--wait");
            assertThat(wrong.failed().err()).contains("sha-256").contains("0".repeat(64));
            gyropilot.gyro("delete", "wrong").succeeded();
        } finally {
            hub.stop(0);
        }
    }

    @Test
    void anUnknownArchitectureIsNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(gguf);
        byte[] changed = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
                .replaceFirst("general.architecture(.{4})(.{8})llama", "general.architecture$1$2nosuc")
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        Path file = folder.resolve("strange.gguf");
        Files.write(file, changed);
        var result = gyropilot
                .gyro("deploy", file.toString(), "--name", "strange", "--wait")
                .failed();
        assertThat(result.err()).contains("nosuc");
        gyropilot.gyro("delete", "strange").succeeded();
    }

    private static void assertStreams(String model) {
        String stream = gyropilot
                .post("/v1/chat/completions", CHAT.formatted(model, true))
                .body();
        assertThat(stream).startsWith("data: ").endsWith("data: [DONE]\n\n");
        assertThat(stream.lines().filter(line -> line.startsWith("data: {"))).hasSizeGreaterThan(2);
    }
}
