package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.Map;

/**
 * The empty object that a create is compared with. A built-in kind's is not quite empty: its structs are there (marked in the
 * schema by the default <code>{}</code>), and its required lists and maps are null. Hence a create owns {@code .spec.replicas}
 * but not {@code .spec}, which matters to those who compare managedFields with those of another server.
 */
final class Skeleton {
    private Skeleton() {}

    static ObjectNode of(ResourceType type) {
        ObjectNode object = type.custom() ? JsonNodeFactory.instance.objectNode() : of(type.schema());
        return object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    }

    private static ObjectNode of(Schema schema) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
            Schema field = property.getValue();
            JsonNode value = field.defaultValue();
            boolean struct = value != null && value.isObject() && value.isEmpty();
            if (struct && !field.properties().isEmpty()) {
                object.set(property.getKey(), of(field));
            } else if (schema.required().contains(property.getKey()) && value == null) {
                object.putNull(property.getKey());
            }
        }
        return object;
    }
}
