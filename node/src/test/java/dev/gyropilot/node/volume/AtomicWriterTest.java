package dev.gyropilot.node.volume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.node.volume.AtomicWriter.Content;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriterTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path folder;

    @Test
    void swapsVersionsBehindOneLink() throws Exception {
        assertThat(AtomicWriter.write(folder, Map.of("a", text("1"), "sub/b", text("2")), NOW))
                .isTrue();
        Path first = folder.resolve("..data").toRealPath();
        assertThat(folder.resolve("a")).isSymbolicLink().hasContent("1");
        assertThat(folder.resolve("sub/b")).hasContent("2");

        assertThat(AtomicWriter.write(folder, Map.of("a", text("1"), "sub/b", text("2")), NOW.plusSeconds(1)))
                .isFalse();
        assertThat(AtomicWriter.write(folder, Map.of("a", text("3")), NOW.plusSeconds(2)))
                .isTrue();
        assertThat(folder.resolve("a")).hasContent("3");
        assertThat(folder.resolve("sub")).doesNotExist();
        assertThat(first).doesNotExist();
    }

    @Test
    void setsPermissions() throws Exception {
        AtomicWriter.write(folder, Map.of("key", new Content("s".getBytes(UTF_8), 0600)), NOW);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void refusesPathsThatLeadOut() {
        assertThatThrownBy(() -> AtomicWriter.write(folder, Map.of("../x", text("1")), NOW))
                .hasMessageContaining("../x");
    }

    private static Content text(String text) {
        return new Content(text.getBytes(UTF_8), 0644);
    }
}
