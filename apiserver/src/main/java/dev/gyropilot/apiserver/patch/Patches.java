package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.Map;

/** What the patch formats share. */
final class Patches {
    private static final int SHOWN = 100;

    private Patches() {}

    /** A patch that does not apply; Kubernetes says no more than this. */
    static ApiError unprocessable() {
        return new ApiError(
                422,
                "Invalid",
                "the server rejected our request due to an error in our request",
                JsonNodeFactory.instance.objectNode());
    }

    static String shorten(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    /** About the size of a value as JSON; counting stops beyond {@code limit}. */
    static long size(JsonNode node, long limit) {
        long size = 2;
        if (node.isContainerNode()) {
            if (node.isObject()) {
                for (Map.Entry<String, JsonNode> field : node.properties()) {
                    size += field.getKey().length() + 4 + size(field.getValue(), limit - size);
                    if (size > limit) {
                        return size;
                    }
                }
                return size;
            }
            for (JsonNode item : node) {
                size += 1 + size(item, limit - size);
                if (size > limit) {
                    return size;
                }
            }
            return size;
        }
        return node.isTextual() ? size + node.textValue().length() : 8;
    }

    /** A failure that Kubernetes reports without a reason. */
    static ApiError failure(String message) {
        return new ApiError(500, "", message, null);
    }

    static ArrayNode list(JsonNode node) {
        if (node instanceof ArrayNode array) {
            return array;
        }
        throw failure("expected a []interface {}, but received a " + JsonValues.goType(node));
    }
}
