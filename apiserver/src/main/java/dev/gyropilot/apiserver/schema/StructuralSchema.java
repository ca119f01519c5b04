package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Makes the schema of a custom resource out of what its CRD says. */
public final class StructuralSchema {
    private static final String EMBEDDED = "x-kubernetes-embedded-resource";

    private StructuralSchema() {}

    /**
     * The schema of whole objects: as in the CRD, and with apiVersion, kind and metadata, also of embedded resources.
     *
     * @param openApiV3Schema of the CRD; stays as it is, and is shared where nothing had to be added
     */
    public static JsonSchema of(ObjectNode openApiV3Schema) {
        ObjectNode root = shallowCopy(withEmbedded(openApiV3Schema, true));
        addTypeAndMetadata(root);
        root.put("type", "object");
        return new JsonSchema(
                root,
                reference -> {
                    throw new IllegalArgumentException("a structural schema has no references: " + reference);
                },
                true);
    }

    private static ObjectNode shallowCopy(JsonNode node) {
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        if (node instanceof ObjectNode object) {
            copy.setAll(object);
        }
        return copy;
    }

    private static void addTypeAndMetadata(ObjectNode schema) {
        ObjectNode properties = shallowCopy(schema.path("properties"));
        schema.set("properties", properties);
        putIfAbsent(properties, "apiVersion");
        putIfAbsent(properties, "kind");
        ObjectNode metadata = ObjectMetaSchema.json();
        for (Map.Entry<String, JsonNode> keyword : properties.path("metadata").properties()) {
            if (keyword.getKey().equals("properties")) {
                keyword.getValue()
                        .forEachEntry((name, constraints) ->
                                metadata.withObject("/properties").set(name, constraints));
            } else {
                metadata.set(keyword.getKey(), keyword.getValue());
            }
        }
        properties.set("metadata", metadata);
    }

    private static void putIfAbsent(ObjectNode properties, String name) {
        if (!properties.has(name)) {
            properties.set(name, JsonNodeFactory.instance.objectNode().put("type", "string"));
        }
    }

    /** The node itself where it holds no embedded resource; else a copy along the way to these. */
    private static JsonNode withEmbedded(JsonNode node, boolean root) {
        if (!(node instanceof ObjectNode schema)) {
            return node;
        }
        ObjectNode changed = schema;
        for (String keyword : List.of("items", "additionalProperties")) {
            JsonNode below = schema.path(keyword);
            JsonNode made = withEmbedded(below, false);
            if (!same(made, below)) {
                changed = same(changed, schema) ? shallowCopy(schema) : changed;
                changed.set(keyword, made);
            }
        }
        ObjectNode properties = null;
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            JsonNode made = withEmbedded(property.getValue(), false);
            if (!same(made, property.getValue())) {
                properties = properties == null ? shallowCopy(schema.path("properties")) : properties;
                properties.set(property.getKey(), made);
            }
        }
        if (properties != null) {
            changed = same(changed, schema) ? shallowCopy(schema) : changed;
            changed.set("properties", properties);
        }
        if (!root && schema.path(EMBEDDED).asBoolean(false)) {
            changed = same(changed, schema) ? shallowCopy(schema) : changed;
            addTypeAndMetadata(changed);
        }
        return changed;
    }

    /** Identity is meant: whether a copy was made. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean same(JsonNode a, JsonNode b) {
        return a == b;
    }
}
