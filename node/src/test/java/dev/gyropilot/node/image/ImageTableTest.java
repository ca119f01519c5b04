package dev.gyropilot.node.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageTableTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({
        "busybox,busybox",
        "busybox:1.36,busybox",
        "docker.io/library/busybox@sha256:0123,busybox",
        "docker.io/vllm/vllm-openai:v1,vllm/vllm-openai",
        "localhost:5000/a/b,localhost:5000/a/b",
        "localhost:5000/a/b:2,localhost:5000/a/b",
    })
    void comparesNamesWithoutTagAndDigest(String reference, String name) {
        assertThat(ImageTable.name(reference)).isEqualTo(name);
    }

    @Test
    void prefersTheUsersEntryAndFindsOneAddedLater() throws Exception {
        Path file = temporary.resolve("node.yaml");
        var table = new ImageTable(Map.of("ghcr.io/gyropilot/engines", Image.of(List.of("java"))), file);
        assertThat(table.resolve("python:3.12")).isEmpty();
        assertThat(table.remedy("python:3.12")).contains(file.toString()).contains("python:");
        Files.writeString(file, """
                images:
                  python:
                    command: [python3]
                    env: {A: b}
                  example.com/*: {command: [any]}
                """);
        Image python = table.resolve("python:3.12").orElseThrow();
        assertThat(python.words(List.of(), List.of("-V"))).containsExactly("python3", "-V");
        assertThat(python.words(List.of("sh"), List.of())).containsExactly("sh");
        assertThat(table.resolve("example.com/x/y:1")).isPresent();
        assertThat(table.resolve("ghcr.io/gyropilot/engines:0.1")).isPresent();
    }

    @Test
    void namesTheFieldThatIsWrong() throws Exception {
        Path file = temporary.resolve("node.yaml");
        var table = new ImageTable(Map.of(), file);
        Files.writeString(file, "images: {python: {comand: [x]}}\n");
        assertThatThrownBy(() -> table.resolve("python"))
                .hasMessageContaining("images.python.comand")
                .hasMessageContaining("command");
    }
}
