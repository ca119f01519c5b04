package dev.gyropilot.api.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The committed CRDs and their reference page are those of the types; {@code -Dgyropilot.update=true} rewrites them. */
class CrdsTest {
    private static final Path CRDS = Path.of("src/main/resources/crds");
    private static final Path PAGE = Path.of("../docs/reference/crds.md");

    @Test
    void committedFilesAreThoseOfTheTypes() throws IOException {
        var rendered = CrdFiles.render();
        for (var file : rendered.entrySet()) {
            check(CRDS.resolve(file.getKey() + ".yaml"), file.getValue());
        }
        check(PAGE, CrdReference.render(rendered));
    }

    @Test
    void everyFieldOfOursIsDescribed() throws IOException {
        assertThat(CrdReference.render(CrdFiles.render())).doesNotContain(" |  |");
    }

    @Test
    void readsThemFromTheClassPath() {
        assertThat(Crds.all())
                .extracting(crd -> crd.getMetadata().getName())
                .containsExactly(
                        "engines.gyropilot.dev",
                        "models.gyropilot.dev",
                        "modelservices.gyropilot.dev",
                        "queues.gyropilot.dev");
    }

    private static void check(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("gyropilot.update")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(file)
                .as("run CrdsTest with -Dgyropilot.update=true to write it")
                .hasContent(expected);
    }
}
