package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The findings of strict decoding. */
public final class UnknownFields {
    /** More than these are not listed. */
    public static final int LIMIT = 100;

    private UnknownFields() {}

    /** Findings such as {@code unknown field "spec.x"}, in the order of the object; at most {@value #LIMIT} of them. */
    public static List<String> find(ObjectNode object, Schema schema) {
        return Pruning.unknown(object, schema, LIMIT).stream()
                .map(path -> "unknown field \"" + path + "\"")
                .toList();
    }
}
