package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** RFC 7386. As in Kubernetes, nulls vanish also from objects inside of lists that the patch brings. */
public final class MergePatch {
    private MergePatch() {}

    /** The patched document; the arguments stay as they are. */
    public static JsonNode apply(JsonNode document, JsonNode patch) {
        return merge(document.deepCopy(), patch);
    }

    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes) || !(target instanceof ObjectNode object)) {
            return withoutNulls(patch.deepCopy());
        }
        for (Map.Entry<String, JsonNode> change : changes.properties()) {
            String name = change.getKey();
            JsonNode value = change.getValue();
            if (value.isNull()) {
                object.remove(name);
                continue;
            }
            JsonNode current = object.get(name);
            object.set(name, current == null ? withoutNulls(value.deepCopy()) : merge(current, value));
        }
        return object;
    }

    private static JsonNode withoutNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            object.properties().removeIf(field -> field.getValue().isNull());
            object.forEach(MergePatch::withoutNulls);
        } else if (value instanceof ArrayNode array) {
            array.forEach(MergePatch::withoutNulls);
        }
        return value;
    }
}
