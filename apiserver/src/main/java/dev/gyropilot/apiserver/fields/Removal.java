package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes fields and list items out of a value. Results share subtrees with the argument. */
final class Removal {
    private Removal() {}

    /** The value without the paths of a set; null when nothing is left. A container that loses all becomes null too. */
    static @Nullable JsonNode of(Shape shape, JsonNode value, FieldSet paths) {
        return switch (shape.form(value)) {
            case SCALAR -> value;
            case LIST -> value instanceof ArrayNode list ? items(shape, list, paths) : null;
            case MAP -> value instanceof ObjectNode object ? fields(shape, object, paths) : null;
        };
    }

    private static @Nullable JsonNode items(Shape shape, ArrayNode list, FieldSet paths) {
        if (list.isEmpty() || shape.listItems() == Shape.Items.ATOMIC) {
            return null;
        }
        ArrayNode kept = JsonNodeFactory.instance.arrayNode();
        for (JsonNode item : list) {
            PathElement step = Typed.stepOrNull(shape, item);
            if (step != null && paths.members().contains(step)) {
                continue;
            }
            FieldSet below = step == null ? null : paths.children().get(step);
            JsonNode rest = below == null || below.isEmpty() ? item : of(shape.items(), item, below);
            kept.add(rest == null ? JsonNodeFactory.instance.nullNode() : rest);
        }
        return kept.isEmpty() ? null : kept;
    }

    private static @Nullable JsonNode fields(Shape shape, ObjectNode object, FieldSet paths) {
        if (object.isEmpty() || shape.atomicMap()) {
            return null;
        }
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            PathElement step = new PathElement.Field(field.getKey());
            if (paths.members().contains(step)) {
                continue;
            }
            FieldSet below = paths.children().get(step);
            JsonNode rest = field.getValue();
            if (below != null && !below.isEmpty()) {
                Shape inner = shape.field(field.getKey());
                rest = of(inner == null ? Shape.DEDUCED : inner, rest, below);
            }
            kept.set(field.getKey(), rest == null ? JsonNodeFactory.instance.nullNode() : rest);
        }
        return kept.isEmpty() ? null : kept;
    }
}
