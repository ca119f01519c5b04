package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.JsonValues;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The merge of one list of a strategic merge patch. Items that only the server has keep their places among themselves;
 * items of the patch come in the patch's order; where the server's order says nothing about two of them, the patch's item
 * goes first.
 *
 * @param mergeKey the key of its objects; empty for a set of scalars
 * @param items the schema of its items
 */
record StrategicList(String mergeKey, @Nullable Schema items) {
    static StrategicList of(Schema list) {
        return new StrategicList(list.patchMergeKey(), list.items());
    }

    /** Changes both arguments. */
    ArrayNode merge(ArrayNode list, ArrayNode patch) {
        if (list.isEmpty() && patch.isEmpty()) {
            return list;
        }
        if (!checkedObjects(list, patch)) {
            ArrayNode merged = deduplicated(list, patch);
            return ordered(merged, patch, list);
        }
        if (mergeKey.isEmpty()) {
            throw Patches.failure("cannot merge lists without merge key for " + (items == null ? "" : items.type()));
        }
        ArrayNode changes = JsonNodeFactory.instance.arrayNode();
        if (applyDirectives(list, patch, changes)) {
            changes.forEach(this::key);
            return changes;
        }
        ArrayNode serverOrder = list.deepCopy();
        for (JsonNode change : changes) {
            mergeItem(list, (ObjectNode) change);
        }
        return ordered(list, changes, serverOrder);
    }

    /** As {@link #merge}, but in an order that the patch names. */
    ArrayNode mergeOrdered(@Nullable ArrayNode list, @Nullable ArrayNode patch, ArrayNode order) {
        ArrayNode serverOrder = list == null ? JsonNodeFactory.instance.arrayNode() : list.deepCopy();
        ArrayNode merged;
        if (patch == null) {
            merged = list == null ? JsonNodeFactory.instance.arrayNode() : list;
        } else {
            checkOrder(patch, order);
            if (list == null) {
                StrategicMergePatch.withoutDirectives(patch);
                merged = patch;
            } else {
                merged = merge(list, patch);
            }
        }
        return ordered(merged, order, serverOrder);
    }

    /** True for objects, false for scalars. */
    private static boolean checkedObjects(ArrayNode list, ArrayNode patch) {
        JsonNode first = list.isEmpty() ? patch.get(0) : list.get(0);
        if (first.isArray()) {
            throw Patches.unprocessable();
        }
        for (ArrayNode each : List.of(list, patch)) {
            for (JsonNode item : each) {
                if (!JsonValues.goType(item).equals(JsonValues.goType(first))) {
                    throw Patches.failure("list element types are not identical: [" + JsonValues.go(list) + " "
                            + JsonValues.go(patch) + "]");
                }
            }
        }
        return first.isObject();
    }

    private static ArrayNode deduplicated(ArrayNode list, ArrayNode patch) {
        ArrayNode merged = JsonNodeFactory.instance.arrayNode();
        for (ArrayNode each : List.of(list, patch)) {
            for (JsonNode item : each) {
                if (!contains(merged, item)) {
                    merged.add(item);
                }
            }
        }
        return merged;
    }

    /**
     * Takes deletions out of the list and fills {@code changes} with what remains of the patch.
     *
     * @return whether the patch replaces the list
     */
    private boolean applyDirectives(ArrayNode list, ArrayNode patch, ArrayNode changes) {
        boolean replace = false;
        for (JsonNode item : patch) {
            JsonNode directive = item.get(StrategicMergePatch.DIRECTIVE);
            if (directive == null) {
                changes.add(item);
                continue;
            }
            switch (directive.asText()) {
                case StrategicMergePatch.DELETE -> {
                    JsonNode key = key(item);
                    for (int i = list.size() - 1; i >= 0; i--) {
                        if (JsonValues.same(list.get(i).path(mergeKey), key)) {
                            list.remove(i);
                        }
                    }
                }
                case StrategicMergePatch.REPLACE -> replace = true;
                case "merge" -> throw Patches.failure("merging lists cannot yet be specified in the patch");
                default ->
                    throw Patches.failure(
                            "unknown patch type: " + directive.asText() + " in map: " + JsonValues.go(item));
            }
        }
        return replace;
    }

    private void mergeItem(ArrayNode list, ObjectNode change) {
        JsonNode key = key(change);
        for (int i = 0; i < list.size(); i++) {
            if (JsonValues.same(list.get(i).path(mergeKey), key)) {
                list.set(i, StrategicMergePatch.merge((ObjectNode) list.get(i), change, items));
                return;
            }
        }
        list.add(change);
    }

    private JsonNode key(JsonNode item) {
        JsonNode key = item.get(mergeKey);
        if (key == null) {
            throw Patches.failure("map: " + JsonValues.go(item) + " does not contain declared merge key: " + mergeKey);
        }
        return key;
    }

    /** The items of a patch must come in the order that its order list names. */
    private void checkOrder(ArrayNode patch, ArrayNode order) {
        if (order.isEmpty() || patch.isEmpty()) {
            return;
        }
        int at = 0;
        for (JsonNode item : patch) {
            if (item.has(StrategicMergePatch.DIRECTIVE)) {
                continue;
            }
            while (at < order.size() && !sameItem(order.get(at), item)) {
                at++;
            }
            if (at++ >= order.size()) {
                throw Patches.failure("The order in patch list:\n" + JsonValues.go(patch)
                        + "\n doesn't match $setElementOrder list:\n" + JsonValues.go(order) + "\n");
            }
        }
    }

    /** Items named by {@code order} in that order, the others in the server's, and the two woven by the server's. */
    private ArrayNode ordered(ArrayNode merged, ArrayNode order, ArrayNode serverOrder) {
        List<JsonNode> named = new ArrayList<>();
        List<JsonNode> others = new ArrayList<>();
        for (JsonNode item : merged) {
            if (!mergeKey.isEmpty()) {
                key(item);
            }
            (index(order, item) >= 0 ? named : others).add(item);
        }
        named.sort((a, b) -> Integer.compare(index(order, a), index(order, b)));
        List<JsonNode> known = others.stream()
                .filter(item -> index(serverOrder, item) >= 0)
                .sorted((a, b) -> Integer.compare(index(serverOrder, a), index(serverOrder, b)))
                .toList();
        List<JsonNode> left = new ArrayList<>(known);
        others.stream().filter(item -> index(serverOrder, item) < 0).forEach(left::add);
        ArrayNode woven = JsonNodeFactory.instance.arrayNode();
        int i = 0;
        int j = 0;
        while (i < left.size() || j < named.size()) {
            if (j >= named.size() || (i < left.size() && before(serverOrder, left.get(i), named.get(j)))) {
                woven.add(left.get(i++));
            } else {
                woven.add(named.get(j++));
            }
        }
        return woven;
    }

    private boolean before(ArrayNode order, JsonNode a, JsonNode b) {
        int left = index(order, a);
        int right = index(order, b);
        return left >= 0 && right >= 0 && left < right;
    }

    private int index(ArrayNode list, JsonNode item) {
        for (int i = 0; i < list.size(); i++) {
            if (sameItem(list.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    private boolean sameItem(JsonNode a, JsonNode b) {
        return mergeKey.isEmpty() ? JsonValues.same(a, b) : JsonValues.same(a.path(mergeKey), b.path(mergeKey));
    }

    static boolean contains(ArrayNode list, JsonNode value) {
        for (JsonNode each : list) {
            if (JsonValues.same(each, value)) {
                return true;
            }
        }
        return false;
    }
}
