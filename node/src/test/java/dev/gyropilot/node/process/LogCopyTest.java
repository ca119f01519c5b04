package dev.gyropilot.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogCopyTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.5Z");

    @TempDir
    Path temporary;

    private Run run = new Run(Path.of("unset"), new ProcessId(1, "-"), new CompletableFuture<>());
    private Path log = Path.of("unset");

    @BeforeEach
    void prepare() throws Exception {
        run = new Run(
                Files.createDirectory(temporary.resolve("run")), new ProcessId(1, "-"), new CompletableFuture<>());
        log = temporary.resolve("logs/0.log");
        write("stderr", "");
        write("stdout", "");
    }

    @Test
    void writesLinesAsRuntimesDoAndKeepsAnUnfinishedOneBack() throws Exception {
        LogCopy copy = copy(LogLimits.DEFAULT, NOW);
        write("stdout", "one\ntw");
        copy.copy(false);
        assertThat(log).hasContent("2026-01-01T00:00:00.500000000Z stdout F one");
        write("stdout", "o\nrest");
        copy.copy(true);
        assertThat(Files.readAllLines(log).stream().map(l -> l.substring(31)))
                .containsExactly("stdout F one", "stdout F two", "stdout P rest");
        assertThat(read(OptionalLong.empty())).isEqualTo("one\ntwo\nrest");
    }

    @Test
    void goesOnAfterARestartWithoutLosingOrDoublingALine() throws Exception {
        write("stdout", "one\n");
        copy(LogLimits.DEFAULT, NOW).copy(false);
        // Written but not accounted: the node was killed in between.
        Files.writeString(log, "2026-01-01T00:00:00.500000000Z stdout F tw", StandardOpenOption.APPEND);
        write("stdout", "two\n");
        copy(LogLimits.DEFAULT, NOW).copy(false);
        assertThat(read(OptionalLong.empty())).isEqualTo("one\ntwo\n");
    }

    @Test
    void rotatesWithoutLosingLinesAndReadsAcrossTheParts() throws Exception {
        var limits = new LogLimits(4096, 3);
        for (int i = 0; i < 40; i++) {
            int from = i * 5;
            write(
                    "stdout",
                    IntStream.range(from, from + 5)
                            .mapToObj(n -> "line " + n + "\n")
                            .collect(Collectors.joining()));
            copy(limits, NOW.plusSeconds(i)).copy(false);
        }
        assertThat(LogCopy.rotated(log)).hasSize(2);
        assertThat(read(OptionalLong.of(100)).lines())
                .containsExactlyElementsOf(
                        IntStream.range(100, 200).mapToObj(n -> "line " + n).toList());
        assertThat(read(OptionalLong.of(1))).isEqualTo("line 199\n");
        assertThat(read(OptionalLong.of(0))).isEmpty();
    }

    private LogCopy copy(LogLimits limits, Instant now) throws Exception {
        return new LogCopy(run, log, limits, InstantSource.fixed(now));
    }

    private void write(String stream, String text) throws Exception {
        Files.writeString(run.directory().resolve(stream), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String read(OptionalLong tail) throws Exception {
        var out = new ByteArrayOutputStream();
        var options = new LogReader.Options(false, tail, Optional.empty(), false, OptionalLong.empty(), "");
        LogReader.none().read(log, options, out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
