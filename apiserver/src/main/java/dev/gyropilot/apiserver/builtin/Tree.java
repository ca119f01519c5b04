package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reading and changing JSON trees without minding what is absent. */
public final class Tree {
    private Tree() {}

    /** The node at the path; a missing node when anything on the way is absent. */
    public static JsonNode at(JsonNode node, String... path) {
        JsonNode at = node;
        for (String name : path) {
            at = at.path(name);
        }
        return at;
    }

    /** The text at the path, or the empty string. */
    public static String text(JsonNode node, String... path) {
        JsonNode at = at(node, path);
        return at.isTextual() ? at.textValue() : "";
    }

    /** The number at the path, or {@code fallback}. */
    public static long number(long fallback, JsonNode node, String... path) {
        JsonNode at = at(node, path);
        return at.isNumber() ? at.longValue() : fallback;
    }

    /** Whether {@code true} stands at the path. */
    public static boolean flag(JsonNode node, String... path) {
        return at(node, path).asBoolean(false);
    }

    /** The objects of the array at the path. */
    public static List<ObjectNode> objects(JsonNode node, String... path) {
        JsonNode at = at(node, path);
        List<ObjectNode> objects = new ArrayList<>(at.size());
        for (JsonNode item : at) {
            if (item instanceof ObjectNode object) {
                objects.add(object);
            }
        }
        return objects;
    }

    /** The texts of the array at the path. */
    public static List<String> texts(JsonNode node, String... path) {
        JsonNode at = at(node, path);
        List<String> texts = new ArrayList<>(at.size());
        at.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    /** The string map at the path, in order. */
    public static Map<String, String> map(JsonNode node, String... path) {
        Map<String, String> map = new LinkedHashMap<>();
        at(node, path)
                .properties()
                .forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
        return map;
    }

    /** The object of that name, made when absent. */
    public static ObjectNode child(ObjectNode parent, String... path) {
        ObjectNode at = parent;
        for (String name : path) {
            at = at.get(name) instanceof ObjectNode object ? object : at.putObject(name);
        }
        return at;
    }

    public static ArrayNode list(ObjectNode parent, String name) {
        return parent.get(name) instanceof ArrayNode array ? array : parent.putArray(name);
    }

    /** Whether nothing, null, the empty string, zero, false or an empty container stands there. */
    public static boolean empty(JsonNode parent, String name) {
        JsonNode value = parent.path(name);
        return switch (value.getNodeType()) {
            case STRING -> value.textValue().isEmpty();
            case NUMBER -> value.doubleValue() == 0;
            case BOOLEAN -> !value.booleanValue();
            case ARRAY, OBJECT -> value.isEmpty();
            case MISSING, NULL, BINARY, POJO -> true;
        };
    }

    public static boolean absent(JsonNode parent, String name) {
        return parent.path(name).isMissingNode() || parent.path(name).isNull();
    }

    public static void setIfAbsent(ObjectNode parent, String name, String value) {
        if (absent(parent, name)) {
            parent.put(name, value);
        }
    }

    public static void setIfAbsent(ObjectNode parent, String name, int value) {
        if (absent(parent, name)) {
            parent.put(name, value);
        }
    }

    public static void setIfAbsent(ObjectNode parent, String name, boolean value) {
        if (absent(parent, name)) {
            parent.put(name, value);
        }
    }

    public static void setIfEmpty(ObjectNode parent, String name, String value) {
        if (empty(parent, name)) {
            parent.put(name, value);
        }
    }

    /** Sets the field to a copy of the other object's, or removes it where the other has none. */
    public static void take(ObjectNode from, ObjectNode to, String name) {
        JsonNode value = from.get(name);
        if (value == null) {
            to.remove(name);
        } else {
            to.set(name, value.deepCopy());
        }
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
