package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Objects inside of custom resources must say of which kind they are. */
final class EmbeddedResources {
    private EmbeddedResources() {}

    static List<FieldError> validate(ObjectNode object, Schema schema) {
        List<FieldError> errors = new ArrayList<>();
        visit(object, schema, "", errors);
        return errors;
    }

    private static void visit(JsonNode value, Schema schema, String path, List<FieldError> errors) {
        if (value instanceof ObjectNode object) {
            if (schema.embeddedResource() && !path.isEmpty()) {
                requireTypes(object, path, errors);
            }
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                String name = field.getKey();
                Schema known = schema.properties().get(name);
                Schema below = known == null ? schema.additionalProperties() : known;
                if (below != null) {
                    visit(field.getValue(), below, path.isEmpty() ? name : path + "." + name, errors);
                }
            }
        } else if (value instanceof ArrayNode list) {
            Schema items = schema.items();
            for (int i = 0; items != null && i < list.size(); i++) {
                visit(list.get(i), items, path + "[" + i + "]", errors);
            }
        }
    }

    private static void requireTypes(ObjectNode object, String path, List<FieldError> errors) {
        for (String name : List.of("apiVersion", "kind")) {
            JsonNode value = object.get(name);
            if (value == null) {
                errors.add(FieldError.required(path + "." + name, ""));
            } else if (value.isTextual() && value.textValue().isEmpty()) {
                errors.add(FieldError.invalid(path + "." + name, "\"\"", "must not be empty"));
            }
        }
    }
}
