package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One step of a path into an object. Ordered as FieldsV1 orders its keys. */
sealed interface PathElement extends Comparable<PathElement> {
    ObjectMapper JSON = new ObjectMapper();

    /** A field of a map or struct. */
    record Field(String name) implements PathElement {
        @Override
        public String toString() {
            return "." + name;
        }
    }

    /** The item of a keyed list whose key fields have these values; a field without value and default is left out. */
    record Key(NavigableMap<String, JsonNode> fields) implements PathElement {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && compareTo(key) == 0;
        }

        @Override
        public int hashCode() {
            return fields.keySet().hashCode();
        }

        @Override
        public String toString() {
            List<String> parts = new ArrayList<>();
            fields.forEach((name, value) -> parts.add(name + "=" + JsonValues.text(value)));
            return "[" + String.join(",", parts) + "]";
        }
    }

    /** The item of a set. */
    record Value(JsonNode value) implements PathElement {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Value item && compareTo(item) == 0;
        }

        @Override
        public int hashCode() {
            return value.getNodeType().hashCode();
        }

        @Override
        public String toString() {
            return "[=" + JsonValues.text(value) + "]";
        }
    }

    /** The item at a place of an atomic list. */
    record Index(int index) implements PathElement {
        @Override
        public String toString() {
            return "[" + index + "]";
        }
    }

    private int rank() {
        return switch (this) {
            case Field field -> 0;
            case Key key -> 1;
            case Value value -> 2;
            case Index index -> 3;
        };
    }

    @Override
    default int compareTo(PathElement other) {
        if (this instanceof Field(String name) && other instanceof Field(String otherName)) {
            return name.compareTo(otherName);
        }
        if (this instanceof Key key && other instanceof Key otherKey) {
            return compareKeys(key.fields, otherKey.fields);
        }
        if (this instanceof Value(JsonNode value) && other instanceof Value(JsonNode otherValue)) {
            return JsonValues.compare(value, otherValue);
        }
        if (this instanceof Index(int index) && other instanceof Index(int otherIndex)) {
            return Integer.compare(index, otherIndex);
        }
        return Integer.compare(rank(), other.rank());
    }

    private static int compareKeys(NavigableMap<String, JsonNode> a, NavigableMap<String, JsonNode> b) {
        Iterator<Map.Entry<String, JsonNode>> left = a.entrySet().iterator();
        Iterator<Map.Entry<String, JsonNode>> right = b.entrySet().iterator();
        while (left.hasNext() && right.hasNext()) {
            Map.Entry<String, JsonNode> l = left.next();
            Map.Entry<String, JsonNode> r = right.next();
            int order = l.getKey().compareTo(r.getKey());
            order = order == 0 ? JsonValues.compare(l.getValue(), r.getValue()) : order;
            if (order != 0) {
                return order;
            }
        }
        return Boolean.compare(left.hasNext(), right.hasNext());
    }

    /** The key of FieldsV1: {@code f:name}, <code>k:{"key":…}</code>, {@code v:value}, {@code i:index}. */
    default String serialized() {
        return switch (this) {
            case Field(String name) -> "f:" + name;
            case Key(NavigableMap<String, JsonNode> fields) -> {
                ObjectNode object = JsonNodeFactory.instance.objectNode();
                object.setAll(fields);
                yield "k:" + object;
            }
            case Value(JsonNode value) -> "v:" + value;
            case Index(int index) -> "i:" + index;
        };
    }

    /**
     * Reads a key of FieldsV1.
     *
     * @return null for a kind of element that a newer server may know
     * @throws IllegalArgumentException for what is none
     */
    static @Nullable PathElement parse(String text) {
        if (text.length() < 2 || text.charAt(1) != ':') {
            throw new IllegalArgumentException("no path element: " + text);
        }
        String content = text.substring(2);
        return switch (text.charAt(0)) {
            case 'f' -> new Field(content);
            case 'v' -> new Value(json(content));
            case 'k' -> {
                if (!(json(content) instanceof ObjectNode object)) {
                    throw new IllegalArgumentException("no key of a list item: " + text);
                }
                TreeMap<String, JsonNode> fields = new TreeMap<>();
                object.forEachEntry(fields::put);
                yield new Key(fields);
            }
            case 'i' -> new Index(Integer.parseInt(content));
            default -> null;
        };
    }

    private static JsonNode json(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node == null || node.isMissingNode()) {
                throw new IllegalArgumentException("an empty path element");
            }
            return node;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON in a path element: " + text, e);
        }
    }
}
