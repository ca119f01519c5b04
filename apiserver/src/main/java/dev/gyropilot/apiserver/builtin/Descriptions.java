package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What {@code kubectl explain} says of the built-in types: our own words, since the recorded schemas have none. */
final class Descriptions {
    private static final String RESOURCE = "/kubernetes/descriptions.txt";

    /** By type and field name; the type's own description has the empty field name. */
    private static final Map<String, Map<String, String>> BY_TYPE = read();

    private Descriptions() {}

    static Map<String, Map<String, String>> byType() {
        return BY_TYPE;
    }

    /** The schema with descriptions, a copy; the schema itself when nothing is known of the type. */
    static ObjectNode describe(String type, ObjectNode schema) {
        Map<String, String> texts = BY_TYPE.get(type);
        if (texts == null) {
            return schema;
        }
        ObjectNode described = schema.deepCopy();
        texts.forEach((field, text) -> {
            ObjectNode target = field.isEmpty()
                    ? described
                    : (ObjectNode) described.path("properties").get(field);
            target.put("description", text);
        });
        return described;
    }

    private static Map<String, Map<String, String>> read() {
        Map<String, Map<String, String>> texts = new HashMap<>();
        try (var reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Descriptions.class.getResourceAsStream(RESOURCE)), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                int colon = line.indexOf(": ");
                if (colon > 0 && !line.startsWith("#")) {
                    // group.version.Type or group.version.Type.field
                    String[] name = line.substring(0, colon).split("\\.");
                    String type = schemaName(name[0]) + '.' + name[1] + '.' + name[2];
                    texts.computeIfAbsent(type, _ -> new HashMap<>())
                            .put(name.length > 3 ? name[3] : "", line.substring(colon + 2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
        return texts;
    }

    private static String schemaName(String group) {
        return group.equals("meta") ? "io.k8s.apimachinery.pkg.apis.meta" : "io.k8s.api." + group;
    }
}
