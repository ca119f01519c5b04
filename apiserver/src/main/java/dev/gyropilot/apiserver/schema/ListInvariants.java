package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Lists that are sets have no equal items, keyed lists no two items with equal keys. */
public final class ListInvariants {
    private final List<FieldError> errors = new ArrayList<>();

    private ListInvariants() {}

    public static List<FieldError> validate(Schema schema, ObjectNode object) {
        ListInvariants run = new ListInvariants();
        run.visit(schema, object, "");
        return run.errors;
    }

    private void visit(Schema schema, JsonNode value, String path) {
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                String name = field.getKey();
                Schema known = schema.properties().get(name);
                Schema additional = schema.additionalProperties();
                if (known != null) {
                    visit(known, field.getValue(), path.isEmpty() ? name : path + "." + name);
                } else if (additional != null) {
                    visit(additional, field.getValue(), path + "[" + name + "]");
                }
            }
        } else if (value instanceof ArrayNode list) {
            switch (schema.listType()) {
                case "set" -> duplicates(list, path);
                case "map" -> keyed(schema, list, path);
                default -> {}
            }
            Schema items = schema.items();
            for (int i = 0; items != null && i < list.size(); i++) {
                visit(items, list.get(i), path + "[" + i + "]");
            }
        }
    }

    private void keyed(Schema schema, ArrayNode list, String path) {
        ArrayNode keys = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < list.size(); i++) {
            JsonNode item = list.get(i);
            if (!item.isObject() && !item.isNull()) {
                errors.add(FieldError.invalid(
                        path + "[" + i + "]", item.toString(), "must be an object for an array of list-type map"));
                return;
            }
            ObjectNode key = keys.addObject();
            for (String name : schema.listMapKeys()) {
                JsonNode value = item.get(name);
                if (value != null) {
                    key.set(name, value);
                }
            }
        }
        duplicates(keys, path);
    }

    /** Names only the second of equal ones. */
    private void duplicates(ArrayNode compared, String path) {
        Map<JsonNode, Integer> seen = new TreeMap<>(JsonValues::compare);
        for (int i = 0; i < compared.size(); i++) {
            int times = seen.merge(compared.get(i), 1, Integer::sum);
            if (times == 2) {
                errors.add(FieldError.duplicate(
                        path + "[" + i + "]", compared.get(i).toString()));
            }
        }
    }
}
