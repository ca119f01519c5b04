package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.gyropilot.apiserver.resource.ApiError;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Values and failures in the words that Kubernetes' own server uses. */
final class Texts {
    private Texts() {}

    /** A failure that Kubernetes reports without a reason. */
    static ApiError failure(String message) {
        return new ApiError(500, "", message, null);
    }

    static ArrayNode list(JsonNode node) {
        if (node instanceof ArrayNode array) {
            return array;
        }
        throw failure("expected a []interface {}, but received a " + goType(node));
    }

    static String goType(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case STRING -> "string";
            case BOOLEAN -> "bool";
            case NUMBER -> node.isIntegralNumber() ? "int64" : "float64";
            default -> "%!s(<nil>)";
        };
    }

    /** A value as Go's {@code %v} prints it. */
    static String go(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                TreeMap<String, String> sorted = new TreeMap<>();
                node.forEachEntry((name, value) -> sorted.put(name, go(value)));
                List<String> parts = new ArrayList<>();
                sorted.forEach((name, value) -> parts.add(name + ":" + value));
                yield "map[" + String.join(" ", parts) + "]";
            }
            case ARRAY -> {
                List<String> parts = new ArrayList<>();
                node.forEach(item -> parts.add(go(item)));
                yield "[" + String.join(" ", parts) + "]";
            }
            case NULL, MISSING -> "<nil>";
            default -> node.asText();
        };
    }
}
