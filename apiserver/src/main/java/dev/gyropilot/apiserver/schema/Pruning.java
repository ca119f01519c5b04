package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds, and drops, the fields which a schema does not know. */
public final class Pruning {
    private final boolean removing;
    private final List<String> found = new ArrayList<>();
    private final int limit;

    private Pruning(boolean removing, int limit) {
        this.removing = removing;
        this.limit = limit;
    }

    /** Drops unknown fields, in place. */
    public static void prune(ObjectNode object, Schema schema) {
        new Pruning(true, 0).visit(object, schema, "");
    }

    /** The paths of at most {@code limit} unknown fields, in the order of the object. */
    static List<String> unknown(ObjectNode object, Schema schema, int limit) {
        Pruning walk = new Pruning(false, limit);
        walk.visit(object, schema, "");
        return walk.found;
    }

    private boolean done() {
        return !removing && found.size() >= limit;
    }

    private void visit(JsonNode value, @Nullable Schema schema, String path) {
        if (value instanceof ObjectNode object) {
            fields(object, schema, path);
        } else if (value instanceof ArrayNode list) {
            Schema items = schema == null ? null : schema.items();
            boolean keepAll = schema != null && schema.preserveUnknownFields();
            if (items == null && (keepAll || unrestricted(schema))) {
                return;
            }
            for (int i = 0; i < list.size() && !done(); i++) {
                visit(list.get(i), items, removing ? "" : path + "[" + i + "]");
            }
        }
    }

    private void fields(ObjectNode object, @Nullable Schema schema, String path) {
        boolean keepAll = schema != null && (schema.preserveUnknownFields() || unrestricted(schema));
        Schema additional = schema == null ? null : schema.additionalProperties();
        Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
        while (fields.hasNext() && !done()) {
            Map.Entry<String, JsonNode> field = fields.next();
            String name = field.getKey();
            Schema known = schema == null ? null : schema.properties().get(name);
            known = known == null ? additional : known;
            if (known == null && keepAll) {
                continue;
            }
            if (known != null) {
                visit(field.getValue(), known, removing ? "" : join(path, name));
            } else if (removing) {
                fields.remove();
            } else {
                found.add(join(path, name));
            }
        }
    }

    /** Outside of structural schemas, a schema without a type allows everything. */
    private static boolean unrestricted(@Nullable Schema schema) {
        return schema instanceof JsonSchema json
                && !json.structural()
                && json.type().isEmpty();
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
