package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.schema.JsonValues;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' merge patch for built-in kinds: lists whose schema names the strategy {@code merge} are merged item by item
 * (by their merge key, or as sets of scalars), everything else as in a merge patch. Directives of a patch:
 *
 * <ul>
 *   <li>{@code $patch: replace | delete} in an object or an item of a merged list;
 *   <li>{@code $retainKeys: [names]}: all other fields of the object are dropped;
 *   <li>{@code $setElementOrder/LIST: [keys or values]}: the order of the merged list;
 *   <li>{@code $deleteFromPrimitiveList/LIST: [values]}.
 * </ul>
 */
public final class StrategicMergePatch {
    static final String DIRECTIVE = "$patch";
    static final String DELETE = "delete";
    static final String REPLACE = "replace";
    private static final String RETAIN_KEYS = "$retainKeys";
    private static final String DELETE_VALUES = "$deleteFromPrimitiveList";
    private static final String ORDER = "$setElementOrder";

    private StrategicMergePatch() {}

    /**
     * The patched document; the arguments stay as they are.
     *
     * @throws ApiError 400, 422 or 500 with Kubernetes' texts for patches that do not fit
     */
    public static ObjectNode apply(ObjectNode document, ObjectNode patch, Schema schema) {
        return merge(document.deepCopy(), patch.deepCopy(), schema);
    }

    /** Changes both arguments. */
    static ObjectNode merge(ObjectNode target, ObjectNode patch, @Nullable Schema schema) {
        JsonNode directive = patch.get(DIRECTIVE);
        if (directive != null) {
            return replaced(directive, patch);
        }
        retainKeys(target, patch);
        mergeOrderedLists(target, patch, schema);
        for (Map.Entry<String, JsonNode> change : Set.copyOf(patch.properties())) {
            String name = change.getKey();
            if (name.startsWith(DELETE_VALUES)) {
                deleteValues(target, listName(name, DELETE_VALUES, "invalid patch format of primitive list"), change);
            } else {
                mergeField(target, name, change.getValue(), schema);
            }
        }
        return target;
    }

    private static ObjectNode replaced(JsonNode directive, ObjectNode patch) {
        return switch (directive.asText()) {
            case REPLACE -> patch.without(DIRECTIVE);
            case DELETE -> patch.removeAll();
            default ->
                throw Patches.failure("unknown patch type: " + directive.asText() + " in map: " + JsonValues.go(patch));
        };
    }

    private static void mergeField(ObjectNode target, String name, JsonNode change, @Nullable Schema schema) {
        if (change.isNull()) {
            target.remove(name);
            return;
        }
        Schema field = field(schema, name);
        JsonNode current = target.get(name);
        if (current instanceof ObjectNode object && change instanceof ObjectNode changes) {
            target.set(
                    name,
                    (field != null && field.patchStrategy().contains(REPLACE))
                            ? changes
                            : merge(object, changes, field));
        } else if (current instanceof ArrayNode list && change instanceof ArrayNode changes) {
            boolean merges = field != null && field.patchStrategy().contains("merge");
            target.set(name, field != null && merges ? StrategicList.of(field).merge(list, changes) : changes);
        } else {
            discardNulls(change);
            if (withoutDirectives(change)) {
                target.set(name, change);
            } else {
                target.remove(name);
            }
        }
    }

    static @Nullable Schema field(@Nullable Schema schema, String name) {
        if (schema == null) {
            return null;
        }
        Schema field = schema.properties().get(name);
        return field == null ? schema.additionalProperties() : field;
    }

    private static void retainKeys(ObjectNode target, ObjectNode patch) {
        JsonNode directive = patch.remove(RETAIN_KEYS);
        if (directive == null) {
            return;
        }
        if (!(directive instanceof ArrayNode names)) {
            throw ApiError.badRequest("invalid patch format of retainKeys");
        }
        Set<String> retained = new HashSet<>();
        names.forEach(name -> retained.add(name.asText()));
        for (Map.Entry<String, JsonNode> change : patch.properties()) {
            String name = change.getKey();
            boolean free = change.getValue().isNull() || name.startsWith(DELETE_VALUES) || name.startsWith(ORDER);
            if (!free && !retained.contains(name)) {
                throw ApiError.badRequest("invalid patch format of retainKeys");
            }
        }
        target.retain(retained);
    }

    /** Merges the lists that have an order in the patch, and takes both from the patch. */
    private static void mergeOrderedLists(ObjectNode target, ObjectNode patch, @Nullable Schema schema) {
        for (Map.Entry<String, JsonNode> entry : Set.copyOf(patch.properties())) {
            if (!entry.getKey().startsWith(ORDER)) {
                continue;
            }
            patch.remove(entry.getKey());
            String badFormat = "invalid patch format of setElementOrder list";
            String name = listName(entry.getKey(), ORDER, badFormat);
            ArrayNode order = Patches.list(entry.getValue());
            JsonNode current = target.get(name);
            JsonNode changes = patch.get(name);
            if (current == null && changes == null) {
                continue;
            }
            Schema field = field(schema, name);
            if (field == null) {
                throw Patches.failure("unable to find api field for the json field \"" + name + "\"");
            }
            ArrayNode list = current == null ? null : Patches.list(current);
            ArrayNode listChanges = changes == null ? null : Patches.list(changes);
            ArrayNode merged = StrategicList.of(field).mergeOrdered(list, listChanges, order);
            target.set(name, merged);
            patch.remove(name);
        }
    }

    private static void deleteValues(ObjectNode target, String name, Map.Entry<String, JsonNode> change) {
        if (!(target.get(name) instanceof ArrayNode list)) {
            return;
        }
        ArrayNode values = Patches.list(change.getValue());
        for (int i = list.size() - 1; i >= 0; i--) {
            if (StrategicList.contains(values, list.get(i))) {
                list.remove(i);
            }
        }
    }

    private static String listName(String key, String prefix, String badFormat) {
        int slash = key.indexOf('/');
        if (slash < 0 || !key.substring(0, slash).equals(prefix)) {
            throw ApiError.badRequest(badFormat);
        }
        return key.substring(slash + 1);
    }

    private static void discardNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            object.properties().removeIf(field -> field.getValue().isNull());
        }
        value.forEach(StrategicMergePatch::discardNulls);
    }

    /** Drops what carries a directive; false when that is the value itself. */
    static boolean withoutDirectives(JsonNode value) {
        if (value instanceof ObjectNode object) {
            if (object.has(DIRECTIVE)) {
                return false;
            }
            object.properties().removeIf(field -> !withoutDirectives(field.getValue()));
        } else if (value instanceof ArrayNode array) {
            for (int i = array.size() - 1; i >= 0; i--) {
                if (!withoutDirectives(array.get(i))) {
                    array.remove(i);
                }
            }
        }
        return true;
    }
}
