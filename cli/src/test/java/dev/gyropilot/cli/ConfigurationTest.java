package dev.gyropilot.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.node.NodeConfig;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    private static final Path PAGE = Path.of("..", "docs", "reference", "configuration.md");

    @TempDir
    Path folder;

    private Configuration configuration(String yaml) throws IOException {
        return Configuration.read(Files.writeString(folder.resolve("config.yaml"), yaml));
    }

    @Test
    void setsWhatTheFileSays() throws IOException {
        GatewayConfig gateway = configuration("gateway:\n  retries: 5\n  limits:\n    bodyBytes: 1000\n")
                .section("gateway", GatewayConfig.defaults());
        assertThat(gateway.retries()).isEqualTo(5);
        assertThat(gateway.limits().bodyBytes()).isEqualTo(1000);
        assertThat(gateway.timeouts()).isEqualTo(GatewayConfig.defaults().timeouts());
    }

    @Test
    void anAbsentFileChangesNothing() {
        assertThat(Configuration.read(folder.resolve("absent")).section("gateway", GatewayConfig.defaults()))
                .isEqualTo(GatewayConfig.defaults());
    }

    @Test
    void namesWhatIsUnknownAndWhatWasMeant() {
        assertThatThrownBy(() -> configuration("gatway: {}"))
                .isInstanceOf(CliError.class)
                .hasMessageContaining("gatway is not a section");
        assertThatThrownBy(() -> configuration("gateway:\n  limits:\n    bodyByte: 1\n")
                        .section("gateway", GatewayConfig.defaults()))
                .hasMessageContaining(
                        "gateway.limits.bodyByte is not a setting; maybe you meant gateway.limits.bodyBytes");
        assertThatThrownBy(
                        () -> configuration("gateway:\n  retries: many\n").section("gateway", GatewayConfig.defaults()))
                .hasMessageContaining("gateway.retries is \"many\", but must be a whole number");
        assertThatThrownBy(() -> configuration("gateway: [\n")).hasMessageContaining("config.yaml");
    }

    /** Run with {@code -Dgyropilot.update=true} to write the page anew. */
    @Test
    void theReferencePageIsCurrent() throws IOException {
        Path home = Path.of("~", ".gyropilot");
        Map<String, Record> defaults = Map.of(
                "apiServer", ApiServerConfig.of(home, 7443),
                "gateway", GatewayConfig.defaults(),
                "ledger", LedgerConfig.embedded(home.resolve("ledger")),
                "node", NodeConfig.of("laptop", home, new ImageTable(Map.of(), home)),
                "scheduler", SchedulerConfig.embedded(),
                "operator",
                        new OperatorConfig(
                                URI.create("http://127.0.0.1:8080"),
                                "engines",
                                "/models",
                                OperatorConfig.DEFAULT_HUB,
                                OperatorConfig.DEFAULT_IDLE_SECONDS));
        String page = Configuration.reference(defaults);
        if (Boolean.getBoolean("gyropilot.update")) {
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE).hasContent(page);
    }
}
