package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fills in the defaults of a structural schema. A null where the schema allows none counts as absent: it becomes the default
 * or goes away.
 */
public final class Defaulting {
    private Defaulting() {}

    /** Changes the object in place; its metadata is left alone. */
    public static void apply(ObjectNode object, Schema schema) {
        for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
            if (!property.getKey().equals("metadata")) {
                field(object, property.getKey(), property.getValue());
            }
        }
    }

    private static void visit(JsonNode value, Schema schema) {
        if (value instanceof ObjectNode object) {
            schema.properties().forEach((name, property) -> field(object, name, property));
            additional(object, schema);
        } else if (value instanceof ArrayNode list) {
            Schema items = schema.items();
            if (items == null) {
                return;
            }
            for (int i = 0; i < list.size(); i++) {
                JsonNode byDefault = items.defaultValue();
                if (list.get(i).isNull() && !items.nullable() && byDefault != null) {
                    list.set(i, byDefault.deepCopy());
                }
                visit(list.get(i), items);
            }
        }
    }

    private static void field(ObjectNode object, String name, Schema schema) {
        JsonNode value = object.get(name);
        boolean missing = value == null || (value.isNull() && !schema.nullable());
        if (missing) {
            JsonNode byDefault = schema.defaultValue();
            if (byDefault == null) {
                object.remove(name);
                return;
            }
            value = byDefault.deepCopy();
            object.set(name, value);
        }
        visit(value, schema);
    }

    private static void additional(ObjectNode object, Schema schema) {
        Schema additional = schema.additionalProperties();
        if (additional == null) {
            return;
        }
        JsonNode byDefault = additional.defaultValue();
        Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
        while (fields.hasNext()) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (schema.properties().containsKey(field.getKey())) {
                continue;
            }
            @Nullable JsonNode value = field.getValue();
            if (value.isNull() && !additional.nullable() && !anything(additional)) {
                if (byDefault == null) {
                    fields.remove();
                    continue;
                }
                value = byDefault.deepCopy();
                field.setValue(value);
            }
            visit(value, additional);
        }
    }

    /** {@code additionalProperties: true} also allows null. */
    private static boolean anything(Schema schema) {
        return schema instanceof JsonSchema json && json.raw().isEmpty();
    }
}
