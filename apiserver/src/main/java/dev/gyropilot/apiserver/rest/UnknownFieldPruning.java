package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.KubernetesDocuments;
import dev.gyropilot.apiserver.schema.OpenApiSchemas;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Removes the fields that a schema does not know, and names them. */
final class UnknownFieldPruning {
    private static final int MAX_FINDINGS = 100;
    private static final Set<String> IDENTITY = Set.of("apiVersion", "kind", "metadata");

    private static final class ObjectMeta {
        static final Schema SCHEMA = new OpenApiSchemas(KubernetesDocuments.schemas())
                .schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    }

    private final List<String> findings;

    private UnknownFieldPruning(List<String> findings) {
        this.findings = findings;
    }

    /** @param findings where each removed field is noted, such as {@code unknown field "spec.x"} */
    static void prune(ObjectNode object, Schema schema, List<String> findings) {
        new UnknownFieldPruning(findings).resource("", object, schema);
    }

    private void resource(String path, ObjectNode object, Schema schema) {
        if (object.get("metadata") instanceof ObjectNode metadata) {
            object(join(path, "metadata"), metadata, ObjectMeta.SCHEMA, Set.of());
        }
        object(path, object, schema, IDENTITY);
    }

    private void object(String path, ObjectNode object, Schema schema, Set<String> implied) {
        Schema other = schema.additionalProperties();
        boolean open = schema.preserveUnknownFields();
        for (String name : names(object)) {
            if (implied.contains(name)) {
                continue;
            }
            Schema field = schema.properties().get(name);
            if (field == null) {
                field = other;
            }
            JsonNode value = object.path(name);
            if (field != null) {
                value(join(path, name), value, field);
            } else if (!open) {
                object.remove(name);
                note(join(path, name));
            }
        }
    }

    private void value(String path, JsonNode value, Schema schema) {
        if (value instanceof ObjectNode object) {
            if (schema.embeddedResource()) {
                resource(path, object, schema);
            } else if (schema.type().equals("object") || !schema.properties().isEmpty()) {
                object(path, object, schema, Set.of());
            }
        } else if (value instanceof ArrayNode array) {
            Schema items = schema.items();
            if (items != null) {
                for (int i = 0; i < array.size(); i++) {
                    value(path + "[" + i + "]", array.get(i), items);
                }
            }
        }
    }

    private void note(String path) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add("unknown field \"" + path + "\"");
        }
    }

    private static List<String> names(ObjectNode object) {
        List<String> names = new ArrayList<>(object.size());
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
