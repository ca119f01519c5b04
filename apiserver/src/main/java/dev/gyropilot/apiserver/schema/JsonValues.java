package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON values by what they mean: a total order, equality whatever Java type a number was read as, and the words of
 * Kubernetes' messages, which print values as Go does.
 */
public final class JsonValues {
    private JsonValues() {}

    /** Numbers by value, then strings, booleans, lists, maps, null. */
    public static int compare(JsonNode a, JsonNode b) {
        int rank = Integer.compare(rank(a), rank(b));
        if (rank != 0) {
            return rank;
        }
        return switch (a.getNodeType()) {
            case NUMBER -> compareNumbers(a, b);
            case STRING -> a.textValue().compareTo(b.textValue());
            case BOOLEAN -> Boolean.compare(a.booleanValue(), b.booleanValue());
            case ARRAY -> compareLists(a, b);
            case OBJECT -> compareMaps(a, b);
            default -> 0;
        };
    }

    /** Whether two values are equal; the order of fields does not matter. */
    public static boolean same(JsonNode a, JsonNode b) {
        if (a.isObject() && b.isObject()) {
            if (a.size() != b.size()) {
                return false;
            }
            for (Map.Entry<String, JsonNode> field : a.properties()) {
                JsonNode other = b.get(field.getKey());
                if (other == null || !same(field.getValue(), other)) {
                    return false;
                }
            }
            return true;
        }
        if (a.isArray() && b.isArray()) {
            if (a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!same(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return compare(a, b) == 0;
    }

    private static int rank(JsonNode node) {
        return switch (node.getNodeType()) {
            case NUMBER -> 0;
            case STRING -> 1;
            case BOOLEAN -> 2;
            case ARRAY -> 3;
            case OBJECT -> 4;
            default -> 5;
        };
    }

    private static int compareNumbers(JsonNode a, JsonNode b) {
        if (a.canConvertToLong() && b.canConvertToLong() && a.isIntegralNumber() && b.isIntegralNumber()) {
            return Long.compare(a.longValue(), b.longValue());
        }
        if (a.isFloatingPointNumber() || b.isFloatingPointNumber()) {
            return Double.compare(a.doubleValue(), b.doubleValue());
        }
        BigDecimal left = a.decimalValue();
        return left.compareTo(b.decimalValue());
    }

    private static int compareLists(JsonNode a, JsonNode b) {
        for (int i = 0; i < a.size() && i < b.size(); i++) {
            int order = compare(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    private static int compareMaps(JsonNode a, JsonNode b) {
        return compareLists(entries(a), entries(b));
    }

    private static JsonNode entries(JsonNode map) {
        TreeMap<String, JsonNode> sorted = new TreeMap<>();
        map.forEachEntry(sorted::put);
        var entries = JsonNodeFactory.instance.arrayNode(2 * sorted.size());
        sorted.forEach((name, value) -> entries.add(name).add(value));
        return entries;
    }

    /** As paths print it: strings quoted. */
    public static String text(JsonNode node) {
        return node.isTextual() ? node.toString() : go(node);
    }

    /** The name of the Go type that Kubernetes' messages print. */
    public static String goType(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case STRING -> "string";
            case BOOLEAN -> "bool";
            case NUMBER -> node.isIntegralNumber() ? "int64" : "float64";
            default -> "<nil>";
        };
    }

    /** As Go's {@code %v} prints it. */
    public static String go(JsonNode node) {
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

    /** As Go's {@code %#v} prints it. */
    public static String goSyntax(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                TreeMap<String, String> sorted = new TreeMap<>();
                node.forEachEntry((name, value) -> sorted.put(name, goSyntax(value)));
                List<String> parts = new ArrayList<>();
                sorted.forEach((name, value) -> parts.add('"' + name + "\":" + value));
                yield "map[string]interface {}{" + String.join(", ", parts) + "}";
            }
            case ARRAY -> {
                List<String> parts = new ArrayList<>();
                node.forEach(item -> parts.add(goSyntax(item)));
                yield "[]interface {}{" + String.join(", ", parts) + "}";
            }
            case NULL, MISSING -> "interface {}(nil)";
            default -> node.toString();
        };
    }
}
