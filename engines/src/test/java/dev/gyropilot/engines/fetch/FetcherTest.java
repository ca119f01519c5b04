package dev.gyropilot.engines.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.RunningEngine;
import java.io.IOException;
import java.net.URI;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fetching from a hub on loopback that cuts, redirects and refuses. */
class FetcherTest {
    private static final String URI_TEXT = "hf://acme/tiny/sub/model.gguf@v1";
    private static final String PATH = "/acme/tiny/resolve/v1/sub/model.gguf";

    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private final byte[] content = new byte[300_000];
    private LocalHub hub;

    @BeforeEach
    void start() throws IOException {
        new SplittableRandom(1).nextBytes(content);
        hub = new LocalHub();
        hub.put(PATH, content);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void fetchesFromTheHubByWayOfItsStoreWithoutShowingTheTokenThere() throws Exception {
        hub.token = "secret";
        hub.linkedEtag = sha256(content);
        Path out = fetcher(Optional.of("secret")).fetch(URI_TEXT, Optional.empty(), folder.resolve("models/m.gguf"));
        assertThat(out).isSymbolicLink().hasBinaryContent(content);
        assertThat(out.toRealPath()).isEqualTo(blob(content).toRealPath());
        assertThat(hub.seen.get(0)).startsWith("hub " + PATH).endsWith("auth=Bearer secret");
        assertThat(hub.seen.get(1)).startsWith("store " + PATH).endsWith("auth=null");
    }

    @Test
    void resumesWhereItWasCut() throws Exception {
        hub.cuts.addAll(List.of(100_000, 50_000, 1));
        Path out = fetch(Optional.of(sha256(content)));
        assertThat(out).hasBinaryContent(content);
        assertThat(hub.seen.stream().filter(line -> line.startsWith("store")))
                .map(line -> line.replaceAll(".*range=(\\S+) .*", "$1"))
                .containsExactly("null", "bytes=100000-", "bytes=150000-", "bytes=150001-");
    }

    @Test
    void resumesInALaterProcessAndStartsAgainWhenTheContentChanged() throws Exception {
        hub.cuts.addAll(List.of(100_000, 0, 0, 0));
        assertThatThrownBy(() -> fetch(Optional.empty()))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE))
                .hasMessageContaining("after 3 tries")
                .hasMessageContaining("what has come is kept");
        hub.cuts.clear();
        byte[] changed = content.clone();
        changed[5]++;
        hub.put(PATH, changed);
        assertThat(fetch(Optional.empty())).hasBinaryContent(changed);
        assertThat(hub.seen.getLast()).contains("range=bytes=100000-");
    }

    @Test
    void asksOnlyWhetherItChangedWhenItHasIt() throws Exception {
        fetch(Optional.empty());
        progress.clear();
        fetch(Optional.empty());
        assertThat(progress).containsExactly(URI_TEXT + " is in the cache and unchanged");
        int requests = hub.seen.size();
        fetch(Optional.of(sha256(content)));
        assertThat(hub.seen).hasSize(requests);
        hub.close();
        assertThat(fetch(Optional.empty())).hasBinaryContent(content);
        assertThat(progress).anyMatch(line -> line.contains("going on with the copy in the cache"));
    }

    @Test
    void triesAgainWhenTheServerIsBusy() throws Exception {
        hub.storeFailures.set(2);
        assertThat(fetch(Optional.empty())).hasBinaryContent(content);
        assertThat(progress).anyMatch(line -> line.contains("answers 503; trying again in 1 ms"));
    }

    @Test
    void refusesContentWithAnotherHashAndKeepsNothingOfIt() throws Exception {
        String wanted = sha256(new byte[] {1});
        assertThatThrownBy(() -> fetch(Optional.of(wanted)))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.code()).isEqualTo(Code.DATA))
                .hasMessageContaining(wanted)
                .hasMessageContaining(sha256(content))
                .hasMessageContaining("removed");
        hub.linkedEtag = wanted;
        assertThatThrownBy(() -> fetch(Optional.empty())).hasMessageContaining("(as the hub says)");
        try (Stream<Path> left = Files.walk(folder.resolve("cache"))) {
            assertThat(left.filter(Files::isRegularFile)
                            .filter(file -> !file.toString().contains("locks")))
                    .isEmpty();
        }
    }

    @Test
    void saysWhatIsMissingRefusedOrUnreachable() {
        assertFails("hf://acme/tiny/other.gguf", Code.NOT_FOUND, "Check the spelling of organisation");
        hub.token = "secret";
        assertFails(URI_TEXT, Code.DENIED, "private or gated");
        assertFails(URI_TEXT, Code.DENIED, "Access to this model is restricted");
        hub.token = "never";
        assertThatThrownBy(() -> fetcher(Optional.of("x")).fetch(URI_TEXT, Optional.empty(), folder.resolve("m")))
                .hasMessageContaining("The token may not read it");
        hub.token = "";
        hub.storeStatus = 418;
        assertFails(URI_TEXT, Code.UNAVAILABLE, "answers 418");
        hub.close();
        assertFails(URI_TEXT, Code.UNAVAILABLE, "cannot connect to 127.0.0.1");
        assertFails("http://nowhere.invalid/m.gguf", Code.UNAVAILABLE, "nowhere.invalid");
    }

    @Test
    void linksLocalFilesAndMarksBuiltInModels() throws Exception {
        Path file = Files.write(folder.resolve("own.gguf"), content);
        Path out = fetcher(Optional.empty())
                .fetch(
                        file.toUri().toString().replace("file:/", "file:///").replace("////", "//"),
                        Optional.of(sha256(content)),
                        folder.resolve("l"));
        assertThat(out).hasBinaryContent(content);
        assertFails("file:///absent/m.gguf", Code.NOT_FOUND, "no readable file at /absent/m.gguf");
        Path marker = fetcher(Optional.empty()).fetch("builtin://minilm", Optional.empty(), folder.resolve("marker"));
        assertThat(marker).hasContent("builtin://minilm\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            s3://bucket/m.gguf         | begins with none of
            m.gguf                     | begins with none of
            hf://acme                  | hf://ORGANISATION/REPOSITORY[/FILE]
            hf://acme/tiny@            | hf://ORGANISATION/REPOSITORY[/FILE]
            hf://acme/tiny/a@          | hf://ORGANISATION/REPOSITORY[/FILE]
            hf://acme/tiny//a          | dotted part
            hf://acme/tiny/../x        | dotted part
            https:///m.gguf            | names no host
            https://host/              | names no file
            https://host/a b           | not a valid URI
            """)
    void refusesUrisThatItCannotRead(String uri, String words) {
        assertFails(uri, Code.USAGE, words);
    }

    @Test
    void processesThatShareACacheFetchOnce() throws Exception {
        List<RunningEngine> engines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            engines.add(RunningEngine.launch(
                    folder,
                    0,
                    List.of(
                            "fetch",
                            "--uri=" + URI_TEXT,
                            "--sha256=" + sha256(content),
                            "--cache=" + folder.resolve("cache"),
                            "--out=" + folder.resolve("out" + i),
                            "--hub=" + hub.address())));
        }
        for (RunningEngine engine : engines) {
            assertThat(engine.awaitExit()).as(engine.output()).isZero();
            engine.close();
        }
        assertThat(folder.resolve("out2")).hasBinaryContent(content);
        assertThat(hub.seen.stream().filter(line -> line.startsWith("store"))).hasSize(1);
    }

    private void assertFails(String uri, Code code, String words) {
        assertThatThrownBy(() -> fetcher(Optional.empty()).fetch(uri, Optional.empty(), folder.resolve("m")))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(words);
    }

    private Path fetch(Optional<String> expected) {
        return fetcher(Optional.empty()).fetch(URI_TEXT, expected, folder.resolve("m.gguf"));
    }

    private Fetcher fetcher(Optional<String> token) {
        Downloads.Policy policy =
                new Downloads.Policy(3, Duration.ofMillis(1), Duration.ofMillis(4), Duration.ofSeconds(5));
        return new Fetcher(URI.create(hub.address().toString()), token, folder.resolve("cache"), policy, progress::add);
    }

    private Path blob(byte[] bytes) throws Exception {
        return folder.resolve("cache/blobs/sha256").resolve(sha256(bytes));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
