package dev.gyropilot.engines.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching whole repositories from a hub on loopback. */
class RepositoryTest {
    private static final String REPOSITORY = "hf://acme/tiny@v1";
    private static final String LIST = "/api/models/acme/tiny/revision/v1";
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final byte[] CONFIG = "{\"architectures\": []}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private final byte[] weights = new byte[200_000];
    private LocalHub hub;

    @BeforeEach
    void start() throws Exception {
        new SplittableRandom(1).nextBytes(weights);
        hub = new LocalHub();
        publish(gitBlob(CONFIG), sha256(weights));
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private void publish(String configBlob, String weightsSha256) {
        hub.put(LIST, """
                {"id": "acme/tiny", "sha": "%s", "siblings": [
                  {"rfilename": ".gitattributes", "size": 3, "blobId": "00"},
                  {"rfilename": "config.json", "size": %d, "blobId": "%s"},
                  {"rfilename": "model.safetensors", "size": %d, "blobId": "11",
                   "lfs": {"sha256": "%s", "size": %d, "pointerSize": 134}},
                  {"rfilename": "original/consolidated.00.pth", "size": 9, "blobId": "22"},
                  {"rfilename": "pytorch_model.bin", "size": 9, "blobId": "33"},
                  {"rfilename": "text/vocab.json", "size": %d, "blobId": "%s"}]}
                """.formatted(
                        COMMIT,
                        CONFIG.length,
                        configBlob,
                        weights.length,
                        weightsSha256,
                        weights.length,
                        CONFIG.length,
                        configBlob)
                .getBytes(StandardCharsets.UTF_8));
        hub.put("/acme/tiny/resolve/" + COMMIT + "/config.json", CONFIG);
        hub.put("/acme/tiny/resolve/" + COMMIT + "/text/vocab.json", CONFIG);
        hub.put("/acme/tiny/resolve/" + COMMIT + "/model.safetensors", weights);
    }

    @Test
    void bringsTheFilesOfOneCommitThatServersRead() throws Exception {
        Path out = fetch(REPOSITORY, Optional.empty());
        assertThat(out).isSymbolicLink().isDirectory();
        assertThat(out.resolve("model.safetensors")).isSymbolicLink().hasBinaryContent(weights);
        assertThat(out.resolve("config.json")).hasBinaryContent(CONFIG);
        assertThat(out.resolve("text/vocab.json")).hasBinaryContent(CONFIG);
        try (Stream<Path> files = Files.walk(out.toRealPath())) {
            assertThat(files.filter(file -> !Files.isDirectory(file))).hasSize(3);
        }
        assertThat(progress).contains(REPOSITORY + " is 3 files, 200042 B, of commit " + COMMIT);
    }

    @Test
    void goesOnWithTheCacheWhenTheHubIsAway() throws Exception {
        fetch(REPOSITORY, Optional.empty());
        int requests = hub.seen.size();
        fetch(REPOSITORY, Optional.empty());
        assertThat(hub.seen.stream().skip(requests)).allMatch(line -> line.contains("/api/models/"));
        hub.close();
        assertThat(fetch(REPOSITORY, Optional.empty()).resolve("config.json")).hasBinaryContent(CONFIG);
    }

    @Test
    void asksNobodyForWhatItHasByDigest() throws Exception {
        String digest = digestOfAll();
        fetch(REPOSITORY, Optional.of(digest));
        int requests = hub.seen.size();
        fetch(REPOSITORY, Optional.of(digest));
        assertThat(hub.seen).hasSize(requests);
        // A content that has gone is fetched anew.
        Files.delete(folder.resolve("cache/blobs/sha256").resolve(sha256(weights)));
        assertThat(fetch(REPOSITORY, Optional.of(digest)).resolve("model.safetensors"))
                .hasBinaryContent(weights);
    }

    @Test
    void refusesAnotherDigest() {
        String wanted = "0".repeat(64);
        assertThatThrownBy(() -> fetch(REPOSITORY, Optional.of(wanted)))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.code()).isEqualTo(Code.DATA))
                .hasMessageContaining(wanted)
                .hasMessageContaining(digestOfAll());
    }

    @Test
    void refusesFilesThatAreNotWhatTheHubSays() throws Exception {
        publish(gitBlob(CONFIG), sha256(new byte[] {1}));
        assertThatThrownBy(() -> fetch(REPOSITORY, Optional.empty()))
                .hasMessageContaining("sha-256 " + sha256(new byte[] {1}));
        publish("44".repeat(20), sha256(weights));
        assertThatThrownBy(() -> fetch(REPOSITORY, Optional.empty()))
                .hasMessageContaining("config.json")
                .hasMessageContaining("44".repeat(20));
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> fetch("hf://acme/huge", Optional.empty()))
                .hasMessageContaining("the list of files of hf://acme/huge@main")
                .hasMessageContaining("Check the spelling of organisation, repository");
        hub.put(LIST, "<html>".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> fetch(REPOSITORY, Optional.empty()))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.code()).isEqualTo(Code.DATA))
                .hasMessageContaining("does not tell the files");
    }

    private Path fetch(String uri, Optional<String> expected) {
        var policy = new Downloads.Policy(3, Duration.ofMillis(1), Duration.ofMillis(4), Duration.ofSeconds(5));
        return new Fetcher(
                        URI.create(hub.address().toString()),
                        Optional.empty(),
                        folder.resolve("cache"),
                        policy,
                        progress::add)
                .fetch(uri, expected, folder.resolve("models/tiny"));
    }

    /** As a person makes it: sha256sum of the files, sorted, and of that list again. */
    private String digestOfAll() {
        String lines = sha256(CONFIG) + "  config.json\n" + sha256(weights) + "  model.safetensors\n" + sha256(CONFIG)
                + "  text/vocab.json\n";
        return sha256(lines.getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(byte[] bytes) {
        return BlobCache.hex(updated(BlobCache.sha256(), bytes));
    }

    private static String gitBlob(byte[] bytes) throws Exception {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        sha1.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sha1.digest(bytes));
    }

    private static MessageDigest updated(MessageDigest digest, byte[] bytes) {
        digest.update(bytes);
        return digest;
    }
}
