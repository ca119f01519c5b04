package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gyropilot.apiserver.resource.ApiError;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives an object of a built-in kind the shape that a round trip through its Go type gives it, and the defaults of its
 * types: nulls and meaningless zero values go, fields that Go always writes come, quantities and times become canonical.
 * Fields that the type does not have are left alone; the server prunes them with its findings before.
 */
public final class Canonical {
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static final Set<String> OMITTED = Set.of("name", "minReadySeconds");

    private final boolean defaulting;

    private Canonical(boolean defaulting) {
        this.defaulting = defaulting;
    }

    /**
     * Shapes the object and adds the defaults of its types, in place.
     *
     * @throws ApiError 400 that names the field whose JSON type is wrong
     */
    public static void defaults(GoType.Struct type, ObjectNode object) {
        new Canonical(true).struct("", type, object);
    }

    /** Shapes the object without adding other defaults than Go's zero values, in place. */
    public static void shape(GoType.Struct type, ObjectNode object) {
        new Canonical(false).struct("", type, object);
    }

    private void struct(String path, GoType.Struct type, ObjectNode object) {
        for (GoType.Field field : type.fields().values()) {
            clean(field, object);
        }
        if (defaulting) {
            TypeDefaults.apply(type.name(), object);
        }
        for (GoType.Field field : type.fields().values()) {
            JsonNode value = object.get(field.name());
            if (value == null) {
                continue;
            }
            String at = path.isEmpty() ? field.name() : path + "." + field.name();
            object.set(field.name(), value(at, field.type(), value));
        }
    }

    /** Removes what Go would not write and sets what it always writes. */
    private void clean(GoType.Field field, ObjectNode object) {
        JsonNode value = object.get(field.name());
        if (value != null && value.isNull() && !(field.type() instanceof GoType.Any)) {
            object.remove(field.name());
            value = null;
        }
        JsonNode fallback = written(field);
        if (value == null) {
            if (fallback != null && !fallback.isNull() && (defaulting || Tree.empty(zero(fallback), "v"))) {
                object.set(field.name(), fallback.deepCopy());
            }
            return;
        }
        boolean kept = fallback != null || field.pointer() || field.required();
        if (!kept && vanishes(field.type(), value)) {
            object.remove(field.name());
        } else if (defaulting
                && fallback != null
                && fallback.isTextual()
                && value.isTextual()
                && value.textValue().isEmpty()
                && !field.pointer()) {
            object.set(field.name(), fallback.deepCopy());
        }
    }

    /** The default, unless it is a zero value that Go leaves out again: of these the schemas do not tell. */
    private static @Nullable JsonNode written(GoType.Field field) {
        JsonNode fallback = field.defaultValue();
        boolean zero = fallback != null && fallback.isValueNode() && Tree.empty(zero(fallback), "v");
        return zero && !field.required() && OMITTED.contains(field.name()) ? null : fallback;
    }

    private static ObjectNode zero(JsonNode value) {
        ObjectNode holder = Tree.object();
        holder.set("v", value);
        return holder;
    }

    private static boolean vanishes(GoType type, JsonNode value) {
        return switch (type) {
            case GoType.Text ignored -> value.isTextual() && value.textValue().isEmpty();
            case GoType.Bytes ignored -> value.isTextual() && value.textValue().isEmpty();
            case GoType.Whole ignored -> value.isNumber() && value.doubleValue() == 0;
            case GoType.Real ignored -> value.isNumber() && value.doubleValue() == 0;
            case GoType.Bool ignored -> value.isBoolean() && !value.booleanValue();
            case GoType.ListOf ignored -> value.isArray() && value.isEmpty();
            case GoType.MapOf ignored -> value.isObject() && value.isEmpty();
            case GoType.Quantity _, GoType.IntOrString _, GoType.Time _, GoType.Any _, GoType.Struct _ -> false;
        };
    }

    private JsonNode value(String path, GoType type, JsonNode value) {
        switch (type) {
            case GoType.Struct struct -> {
                if (!(value instanceof ObjectNode object)) {
                    throw mismatch(path, value, "an object");
                }
                struct(path, struct, object);
            }
            case GoType.ListOf list -> list(path, list, value);
            case GoType.MapOf map -> map(path, map, value);
            case GoType.Text ignored -> {
                if (!value.isTextual()) {
                    throw mismatch(path, value, "a string");
                }
            }
            case GoType.Whole whole -> whole(path, whole, value);
            case GoType.Real ignored -> {
                if (!value.isNumber()) {
                    throw mismatch(path, value, "a number");
                }
            }
            case GoType.Bool ignored -> {
                if (!value.isBoolean()) {
                    throw mismatch(path, value, "a boolean");
                }
            }
            case GoType.Bytes ignored -> bytes(path, value);
            case GoType.IntOrString ignored -> {
                if (!value.isTextual() && !value.canConvertToInt()) {
                    throw mismatch(path, value, "an integer or a string");
                }
            }
            case GoType.Quantity ignored -> {
                return quantity(path, value);
            }
            case GoType.Time time -> {
                return time(path, time, value);
            }
            case GoType.Any ignored -> {}
        }
        return value;
    }

    private void list(String path, GoType.ListOf list, JsonNode value) {
        if (!(value instanceof ArrayNode array)) {
            throw mismatch(path, value, "an array");
        }
        for (int i = 0; i < array.size(); i++) {
            JsonNode item = array.get(i);
            if (item.isNull() && list.item() instanceof GoType.Struct) {
                item = Tree.object();
            }
            array.set(i, value(path + "[" + i + "]", list.item(), item));
        }
    }

    private void map(String path, GoType.MapOf map, JsonNode value) {
        if (!(value instanceof ObjectNode object)) {
            throw mismatch(path, value, "an object");
        }
        List<String> keys = new ArrayList<>(object.size());
        object.fieldNames().forEachRemaining(keys::add);
        for (String key : keys) {
            JsonNode entry = object.path(key);
            boolean emptyText = entry.isNull() && map.value() instanceof GoType.Text;
            object.set(key, emptyText ? TextNode.valueOf("") : value(path + "[" + key + "]", map.value(), entry));
        }
    }

    private static void whole(String path, GoType.Whole whole, JsonNode value) {
        boolean fits =
                value.isIntegralNumber() && (whole.bits() == 32 ? value.canConvertToInt() : value.canConvertToLong());
        if (!fits) {
            throw mismatch(path, value, "an integer of " + whole.bits() + " bits");
        }
    }

    private static void bytes(String path, JsonNode value) {
        try {
            if (!value.isTextual()) {
                throw mismatch(path, value, "base64 text");
            }
            Base64.getDecoder().decode(value.textValue());
        } catch (IllegalArgumentException e) {
            throw mismatch(path, value, "base64 text");
        }
    }

    private static JsonNode quantity(String path, JsonNode value) {
        if (!value.isTextual() && !value.isNumber()) {
            throw mismatch(path, value, "a quantity such as 500m or 2Gi");
        }
        String canonical = Quantities.canonical(value.asText()).orElse(null);
        if (canonical == null) {
            throw mismatch(path, value, "a quantity such as 500m or 2Gi");
        }
        return canonical.equals(value.textValue()) ? value : TextNode.valueOf(canonical);
    }

    private static JsonNode time(String path, GoType.Time type, JsonNode value) {
        String canonical = value.isTextual() ? canonicalTime(value.textValue(), type.micro()) : null;
        if (canonical == null) {
            throw mismatch(path, value, "a time such as 2026-01-31T12:00:00Z");
        }
        return canonical.equals(value.textValue()) ? value : TextNode.valueOf(canonical);
    }

    private static @Nullable String canonicalTime(String text, boolean micro) {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
            return micro
                    ? time.truncatedTo(ChronoUnit.MICROS).format(MICROS)
                    : time.truncatedTo(ChronoUnit.SECONDS).format(SECONDS);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static ApiError mismatch(String path, JsonNode value, String wanted) {
        String shown = value.isContainerNode() ? (value.isArray() ? "an array" : "an object") : value.toString();
        return ApiError.badRequest("the object provided is not valid: " + path + ": got "
                + (shown.length() > 200 ? shown.substring(0, 200) + "…" : shown) + ", want " + wanted);
    }
}
