package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The schemas of one OpenAPI v3 document, read from its {@code components.schemas} when first asked for. Thread-safe. */
public final class OpenApiSchemas {
    private static final String PREFIX = "#/components/schemas/";
    private static final String RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension";

    private final ObjectNode schemas;
    private final Map<String, JsonSchema> known = new ConcurrentHashMap<>();

    /** @param schemas {@code components.schemas} of the document; kept, and never changed */
    public OpenApiSchemas(ObjectNode schemas) {
        this.schemas = schemas;
    }

    /**
     * The schema of a definition; equal names give the same instance.
     *
     * @param name such as {@code io.k8s.api.core.v1.Pod}, with or without {@code #/components/schemas/} before it
     * @throws IllegalArgumentException if the document has no such definition
     */
    public JsonSchema schema(String name) {
        String definition = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        JsonSchema schema = known.get(definition);
        if (schema != null) {
            return schema;
        }
        JsonNode node = definition.equals(RAW_EXTENSION) ? anyObject() : schemas.path(definition);
        if (!(node instanceof ObjectNode object)) {
            throw new IllegalArgumentException("the OpenAPI document has no schema \"" + definition + "\"");
        }
        return known.computeIfAbsent(definition, key -> new JsonSchema(object, this::schema, false));
    }

    /** Embedded objects of any kind belong to one owner as a whole. */
    private static ObjectNode anyObject() {
        return JsonNodeFactory.instance
                .objectNode()
                .put(JsonSchema.PRESERVE_UNKNOWN, true)
                .put("x-kubernetes-map-type", "atomic");
    }
}
