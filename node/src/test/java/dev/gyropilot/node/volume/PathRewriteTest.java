package dev.gyropilot.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathRewriteTest {
    private final PathRewrite rewrite = new PathRewrite(
            Map.of("/data", Path.of("/r/data"), "/data/cache/", Path.of("/c"), "/etc/app", Path.of("/r/app")));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/data | /r/data",
                "/data/x.gguf | /r/data/x.gguf",
                "--model=/data/x | --model=/r/data/x",
                "/data/cache/y | /c/y",
                "/database | /database",
                "/srv/data/x | /srv/data/x",
                "./data | ./data",
                "file:///data/x | file:///r/data/x",
                "cat /data/a>/etc/app/b | cat /r/data/a>/r/app/b",
                "/data:/etc/app | /r/data:/r/app",
                "/data.old | /data.old",
                "https://host/data | https://host/data",
            })
    void replacesWholePathsOnly(String text, String expected) {
        assertThat(rewrite.apply(text)).isEqualTo(expected);
    }
}
