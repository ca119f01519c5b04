package dev.gyropilot.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

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
            JsonNode tree = Json.json().readTree(Json.kubernetes().asJson(data));
            terminal.out()
                    .println(
                            this == yaml
                                    ? Json.kubernetes().asYaml(tree).strip()
                                    : Json.json()
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
