package dev.gyropilot.apiserver.patch;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * RFC 6902, with the liberties that clients of Kubernetes rely on: {@code replace} of an absent key of an object adds it,
 * array indices may count from the end by being negative, and {@code test} against {@code null} passes for an absent key.
 */
public final class JsonPatch {
    /** More operations than this are refused. */
    public static final int MAX_OPERATIONS = 10_000;

    /** What {@code copy} may add in all, so that a small patch cannot make a huge document. */
    public static final long MAX_COPIED_BYTES = 3L << 20;

    private static final Pattern INDEX = Pattern.compile("[+-]?[0-9]{1,9}");

    private JsonNode document;
    private long copiedBytes;

    private JsonPatch(JsonNode document) {
        this.document = document;
    }

    /**
     * The patched document; the argument stays as it is.
     *
     * @throws ApiError 400 for what is no patch, 422 for one that does not apply (also a failed {@code test}), 413 for more
     *     than {@value #MAX_OPERATIONS} operations
     */
    public static JsonNode apply(JsonNode document, JsonNode patch) {
        if (!(patch instanceof ArrayNode operations)) {
            throw ApiError.badRequest("error decoding patch: a JSON patch is an array of operations, not "
                    + patch.getNodeType().name().toLowerCase(java.util.Locale.ROOT));
        }
        for (JsonNode operation : operations) {
            if (!operation.isObject()) {
                throw ApiError.badRequest("error decoding patch: each operation of a JSON patch is an object, not "
                        + Patches.shorten(operation.toString()));
            }
        }
        if (operations.size() > MAX_OPERATIONS) {
            throw new ApiError(
                    413,
                    "RequestEntityTooLarge",
                    "Request entity too large: The allowed maximum operations in a JSON patch is " + MAX_OPERATIONS
                            + ", got " + operations.size(),
                    null);
        }
        JsonPatch run = new JsonPatch(document.deepCopy());
        for (JsonNode operation : operations) {
            run.operate((ObjectNode) operation);
        }
        return run.document;
    }

    private void operate(ObjectNode operation) {
        switch (operation.path("op").asText()) {
            case "add" -> add(place(operation, "path"), value(operation));
            case "remove" -> place(operation, "path").remove();
            case "replace" -> replace(operation);
            case "move" -> {
                Place from = place(operation, "from");
                JsonNode moved = from.get();
                from.remove();
                add(place(operation, "path"), moved == null ? NullNode.instance : moved);
            }
            case "copy" -> {
                JsonNode source = place(operation, "from").get();
                JsonNode copy = source == null ? NullNode.instance : source.deepCopy();
                copiedBytes += Patches.size(copy, MAX_COPIED_BYTES - copiedBytes);
                if (copiedBytes > MAX_COPIED_BYTES) {
                    throw Patches.unprocessable();
                }
                add(place(operation, "path"), copy);
            }
            case "test" -> test(operation);
            default -> throw Patches.unprocessable();
        }
    }

    private static JsonNode value(ObjectNode operation) {
        JsonNode value = operation.get("value");
        return value == null ? NullNode.instance : value.deepCopy();
    }

    private static void add(Place place, JsonNode value) {
        switch (place.parent) {
            case ObjectNode object -> object.set(place.key, value);
            case ArrayNode array -> {
                if (place.key.equals("-")) {
                    array.add(value);
                } else {
                    array.insert(index(place.key, array.size() + 1), value);
                }
            }
            default -> throw Patches.unprocessable();
        }
    }

    private void replace(ObjectNode operation) {
        JsonNode value = value(operation);
        if (operation.path("path").asText().isEmpty() && operation.path("path").isTextual()) {
            if (!value.isContainerNode()) {
                throw Patches.unprocessable();
            }
            document = value;
            return;
        }
        Place place = place(operation, "path");
        switch (place.parent) {
            case ObjectNode object -> object.set(place.key, value);
            case ArrayNode array -> array.set(index(place.key, array.size()), value);
            default -> throw Patches.unprocessable();
        }
    }

    private void test(ObjectNode operation) {
        boolean whole = operation.path("path").isTextual()
                && operation.path("path").asText().isEmpty();
        JsonNode actual = whole ? document : place(operation, "path").get();
        JsonNode expected = value(operation);
        boolean passed = actual == null ? expected.isNull() : JsonValues.same(actual, expected);
        if (!passed) {
            throw Patches.unprocessable();
        }
    }

    private Place place(ObjectNode operation, String member) {
        JsonNode pointer = operation.path(member);
        if (!pointer.isTextual() || !pointer.asText().startsWith("/")) {
            throw Patches.unprocessable();
        }
        List<String> keys = keys(pointer.asText());
        JsonNode parent = document;
        for (String key : keys.subList(0, keys.size() - 1)) {
            JsonNode next = new Place(parent, key).get();
            if (next == null || !next.isContainerNode()) {
                throw Patches.unprocessable();
            }
            parent = next;
        }
        return new Place(parent, keys.getLast());
    }

    private static List<String> keys(String pointer) {
        List<String> keys = new ArrayList<>();
        JsonPointer at = JsonPointer.compile(pointer);
        while (!at.matches()) {
            keys.add(at.getMatchingProperty());
            at = at.tail();
        }
        return keys;
    }

    /** A member of a container, which may not exist. */
    private record Place(JsonNode parent, String key) {
        @Nullable
        JsonNode get() {
            return switch (parent) {
                case ObjectNode object -> object.get(key);
                case ArrayNode array -> array.get(index(key, array.size()));
                default -> throw Patches.unprocessable();
            };
        }

        void remove() {
            switch (parent) {
                case ObjectNode object -> {
                    if (object.remove(key) == null) {
                        throw Patches.unprocessable();
                    }
                }
                case ArrayNode array -> array.remove(index(key, array.size()));
                default -> throw Patches.unprocessable();
            }
        }
    }

    private static int index(String key, int size) {
        if (!INDEX.matcher(key).matches()) {
            throw Patches.unprocessable();
        }
        int index = Integer.parseInt(key);
        int counted = index < 0 ? index + size : index;
        if (counted < 0 || counted >= size) {
            throw Patches.unprocessable();
        }
        return counted;
    }
}
