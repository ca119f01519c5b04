package dev.gyropilot.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;

/** The machine-readable forms of {@code -o}. */
enum Output {
    table,
    wide,
    name,
    json,
    yaml;

    /** Prints data as JSON or YAML. */
    void print(Terminal terminal, Object data) {
        try {
            JsonNode tree = Serialization.jsonMapper().valueToTree(data);
            terminal.out()
                    .println(
                            this == yaml
                                    ? Serialization.asYaml(tree).strip()
                                    : Serialization.jsonMapper()
                                            .writerWithDefaultPrettyPrinter()
                                            .writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean machine() {
        return this == json || this == yaml;
    }
}
