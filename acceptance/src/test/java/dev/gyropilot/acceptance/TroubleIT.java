package dev.gyropilot.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong while everything runs: one clear message for the user, and the rest goes on. */
@Tag("process")
class TroubleIT {
    private static final String SIMULATED = """
            apiVersion: gyropilot.dev/v1alpha1
            kind: ModelService
            metadata: {name: %s}
            spec:
              model: {uri: "builtin://simulated"}
            """;

    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @TempDir
    static Path folder;

    @BeforeAll
    static void start() {
        gyropilot.up().succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    /** Deploys what cannot get ready; what the user is told, which events and conditions repeat. */
    private static String refused(String name, String manifest) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".yaml"), manifest);
        String told =
                gyropilot.gyro("deploy", file.toString(), "--wait").failed().err();
        assertThat(told).contains(name, "gyro describe " + name).doesNotContain("\tat ");
        return told;
    }

    @Test
    void moreMemoryThanThereIs() throws IOException {
        String told = refused("huge", SIMULATED.formatted("huge") + "  resources: {requests: {memory: 10Ti}}\n");
        assertThat(told).contains("Insufficient memory", "lacks", "Ti memory");
        assertThat(gyropilot.gyro("describe", "huge").succeeded().out())
                .contains("Unschedulable", "Insufficient memory");
        gyropilot.gyro("delete", "huge").succeeded();
    }

    @Test
    void anEngineThatExits() throws IOException {
        String told = refused("exits", SIMULATED.formatted("exits") + "  args: [\"--no-such-flag\"]\n");
        assertThat(told).contains("exited with code", "--no-such-flag");
        gyropilot.gyro("delete", "exits").succeeded();
    }

    @Test
    void anEngineThatNeverGetsReady() throws IOException {
        String told = refused(
                "late",
                SIMULATED.formatted("late")
                        + "  args: [\"--startup-duration=60m\"]\n  rollout: {progressDeadlineSeconds: 3}\n");
        assertThat(told).contains("not ready after 3 s", "progressDeadlineSeconds");
        gyropilot.gyro("delete", "late").succeeded();
    }

    @Test
    void aNameThatExists() {
        Needs.program("kubectl");
        gyropilot.kubectl("create", "configmap", "twice").succeeded();
        assertThat(gyropilot.kubectl("create", "configmap", "twice").failed().err())
                .contains("configmaps \"twice\" already exists");
    }

    @Test
    void aBodyThatNeverEnds() throws IOException {
        URI gateway = URI.create(gyropilot.gatewayUrl());
        try (Socket client = new Socket(gateway.getHost(), gateway.getPort())) {
            client.setSoTimeout(60_000);
            var out = client.getOutputStream();
            out.write(("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + gyropilot.apiKey()
                            + "\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .getBytes(US_ASCII));
            byte[] chunk = new byte[64 * 1024];
            Arrays.fill(chunk, (byte) ' ');
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        out.write((Integer.toHexString(chunk.length) + "\r\n").getBytes(US_ASCII));
                        out.write(chunk);
                        out.write("\r\n".getBytes(US_ASCII));
                    }
                } catch (IOException e) {
                    // The gateway has enough.
                }
            });
            byte[] answer = client.getInputStream().readNBytes(12);
            assertThat(new String(answer, US_ASCII)).isEqualTo("HTTP/1.1 413");
            assertThat(sender.isInterrupted()).isFalse();
        }
        assertThat(gyropilot.get("/v1/models").statusCode()).isEqualTo(200);
    }

    @Test
    void clientsThatStopReading() throws IOException {
        Path file = Files.writeString(folder.resolve("stream.yaml"), SIMULATED.formatted("stream"));
        gyropilot.gyro("deploy", file.toString(), "--wait").succeeded();
        URI gateway = URI.create(gyropilot.gatewayUrl());
        String body = "{\"model\":\"stream\",\"stream\":true,\"max_tokens\":4000,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(3000) + "\"}]}";
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 16; i++) {
                Socket client = new Socket(gateway.getHost(), gateway.getPort());
                clients.add(client);
                client.setSoTimeout(30_000);
                client.getOutputStream()
                        .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                        + gyropilot.apiKey() + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                        + body)
                                .getBytes(ISO_8859_1));
                assertThat(new String(client.getInputStream().readNBytes(12), US_ASCII))
                        .isEqualTo("HTTP/1.1 200");
            }
            assertThat(gyropilot
                            .post(
                                    "/v1/chat/completions",
                                    "{\"model\":\"stream\",\"max_tokens\":4,"
                                            + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}")
                            .statusCode())
                    .isEqualTo(200);
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
        gyropilot.gyro("delete", "stream").succeeded();
    }

    @Test
    void aDirectoryThatCannotBeMade() {
        var result = Command.run(
                java.util.Map.of("GYROPILOT_HOME", "/proc/gyropilot"),
                List.of(Gyropilot.ROOT.resolve("gyro").toString(), "up", "--detach"));
        assertThat(result.failed().err())
                .contains("/proc/gyropilot", "GYROPILOT_HOME")
                .doesNotContain("\tat ");
    }

    @Test
    void aFullDiskRefusesWritesAndRecovers() throws IOException {
        Needs.embeddedApi();
        Needs.program("kubectl");
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Needs.succeeds(
                "mounting a small disk needs root", "mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk.toString());
        try (Gyropilot small = Gyropilot.freshIn(disk)) {
            small.up().succeeded();
            Path filler = disk.resolve("filler");
            fill(filler);
            assertThat(small.kubectl("create", "configmap", "one").failed().err())
                    .contains("no room left on the disk", small.home().toString());
            assertThat(small.kubectl("get", "configmaps").succeeded().out()).contains("kube-root-ca.crt");
            Files.delete(filler);
            small.kubectl("create", "configmap", "two").succeeded();
            small.gyro("down").succeeded();
            fill(filler);
            assertThat(small.up().failed().err())
                    .contains(small.home().toString(), "free space")
                    .doesNotContain("\tat ");
            Files.delete(filler);
            small.up().succeeded();
            assertThat(small.kubectl("get", "configmaps").succeeded().out())
                    .contains("two")
                    .doesNotContain("one ");
        } finally {
            Needs.succeeds("the small disk goes", "umount", disk.toString());
        }
    }

    private static void fill(Path file) {
        Command.run(
                java.util.Map.of(), List.of("dd", "if=/dev/zero", "of=" + file, "bs=1k"), "", Duration.ofSeconds(60));
    }

    @Test
    void aHubOfTheConfigurationServesADownloadThatIsCutOnce() throws Exception {
        Path gguf = folder.resolve("tiny.gguf");
        gyropilot.gyro("sample-gguf", gguf.toString()).succeeded();
        try (CuttingHub hub = new CuttingHub(Files.readAllBytes(gguf), "/org/repo/resolve/main/tiny.gguf");
                Gyropilot other = Gyropilot.fresh().configured("operator: {hub: \"" + hub.url() + "\"}\n")) {
            other.up().succeeded();
            other.gyro("deploy", "hf://org/repo/tiny.gguf", "--name", "chat", "--wait")
                    .succeeded();
            assertThat(hub.cuts()).isEqualTo(1);
            assertThat(hub.resumedAt()).isPositive();
            assertThat(other.post(
                                    "/v1/chat/completions",
                                    "{\"model\":\"chat\",\"max_tokens\":4,"
                                            + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}")
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
