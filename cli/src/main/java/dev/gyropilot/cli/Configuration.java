package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.gyropilot.api.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * {@code config.yaml} of the data directory: one section for each part, read once at the start. It need not exist; an unknown
 * key is an error that names the nearest known one.
 */
final class Configuration {
    private static final List<String> SECTIONS =
            List.of("apiServer", "gateway", "ledger", "node", "scheduler", "operator");

    private final Path file;
    private final JsonNode root;

    private Configuration(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    static Configuration read(Path file) {
        if (!Files.exists(file)) {
            return new Configuration(file, MissingNode.getInstance());
        }
        JsonNode root;
        try {
            root = Json.yaml().readTree(Files.readString(file));
        } catch (IOException e) {
            throw new CliError(
                    file + " cannot be read: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    "Check its YAML.",
                    e);
        }
        List<String> names = new ArrayList<>();
        root.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            if (!SECTIONS.contains(name)) {
                throw new CliError(
                        file + ": " + name + " is not a section; there are: " + String.join(", ", SECTIONS),
                        Settings.nearest(name, SECTIONS)
                                .map(guess -> "Maybe you meant " + guess + ".")
                                .orElse("See docs/reference/configuration.md."));
            }
        }
        return new Configuration(file, root);
    }

    /** The reference page of all settings. */
    static String reference(Map<String, Record> defaults) {
        StringBuilder page = new StringBuilder("# Configuration\n\n"
                + "Generated from the configuration types. `config.yaml` of the data directory, read at the start; each\n"
                + "section and each setting may be left out. Durations read `500ms`, `30s`, `5m`, `2h`, `1d`.\n");
        for (String section : SECTIONS) {
            page.append("\n## `")
                    .append(section)
                    .append("`\n\n| setting | type | default | what it does |\n|---|---|---|---|\n");
            for (Settings.Description setting : Settings.describe(Objects.requireNonNull(defaults.get(section)))) {
                page.append("| `")
                        .append(setting.name())
                        .append("` | ")
                        .append(setting.type())
                        .append(" | ")
                        .append(setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`")
                        .append(" | ")
                        .append(setting.text())
                        .append(" |\n");
            }
        }
        return page.toString();
    }

    /** The defaults with what the section says. */
    <T extends Record> T section(String name, T defaults) {
        try {
            return Settings.bind(name, root.path(name), defaults);
        } catch (IllegalArgumentException e) {
            throw new CliError(file + ": " + e.getMessage(), "See docs/reference/configuration.md.", e);
        }
    }
}
