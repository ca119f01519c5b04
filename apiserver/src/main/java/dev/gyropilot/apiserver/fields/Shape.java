package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.apiserver.schema.JsonSchema;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a schema says about merging a value: whether it may be a scalar, a list, a map, and how lists and maps are owned. A
 * thin view of a {@link Schema}, made anew at each step, or one of two forms without schema: {@link #UNTYPED}, where every
 * list and map belongs to one owner as a whole, and {@link #DEDUCED}, where maps are owned field by field.
 *
 * @param scalar null when it may not be a scalar
 * @param preserving whether a node above keeps unknown fields, which then holds for all below
 */
record Shape(
        @Nullable Scalar scalar,
        boolean list,
        boolean map,
        Kind kind,
        @Nullable Schema schema,
        boolean preserving) {
    static final Shape UNTYPED = new Shape(Scalar.ANY, true, true, Kind.UNTYPED, null, false);
    static final Shape DEDUCED = new Shape(Scalar.ANY, true, true, Kind.DEDUCED, null, false);

    enum Scalar {
        NUMERIC("numeric (int or float)"),
        STRING("string"),
        BOOLEAN("boolean"),
        ANY("any scalar");

        final String words;

        Scalar(String words) {
            this.words = words;
        }
    }

    enum Kind {
        UNTYPED,
        DEDUCED,
        TYPED
    }

    /** How the items of a list are owned. */
    enum Items {
        ATOMIC,
        SET,
        KEYED
    }

    static Shape of(Schema schema) {
        return of(schema, false);
    }

    private static Shape of(Schema schema, boolean above) {
        boolean preserving = above || schema.preserveUnknownFields();
        return switch (schema.type()) {
            case "object" -> new Shape(null, false, true, Kind.TYPED, schema, preserving);
            case "array" -> new Shape(null, true, false, Kind.TYPED, schema, preserving);
            case "integer", "number" -> new Shape(Scalar.NUMERIC, false, false, Kind.TYPED, schema, preserving);
            case "boolean" -> new Shape(Scalar.BOOLEAN, false, false, Kind.TYPED, schema, preserving);
            case "string" -> new Shape(string(schema), false, false, Kind.TYPED, schema, preserving);
            default -> {
                boolean scalarOnly = schema.intOrString() && !(schema instanceof JsonSchema json && json.structural());
                yield new Shape(Scalar.ANY, !scalarOnly, !scalarOnly, Kind.TYPED, schema, preserving);
            }
        };
    }

    /** A string with a format other than bytes may be written as another scalar (dates, quantities). */
    private static Scalar string(Schema schema) {
        return schema.format().isEmpty() || schema.format().equals("byte") ? Scalar.STRING : Scalar.ANY;
    }

    boolean atomicMap() {
        return kind == Kind.UNTYPED || (schema != null && schema.mapType().equals("atomic"));
    }

    Items listItems() {
        if (schema == null) {
            return Items.ATOMIC;
        }
        return switch (schema.listType()) {
            case "map" -> Items.KEYED;
            case "set" -> Items.SET;
            default -> Items.ATOMIC;
        };
    }

    List<String> keys() {
        return schema == null ? List.of() : schema.listMapKeys();
    }

    /** Whether a field of this name is part of the schema. */
    boolean declares(String name) {
        return schema != null && schema.properties().containsKey(name);
    }

    /** The shape of a field, declared or not; null when such a field is not allowed. */
    @Nullable
    Shape field(String name) {
        if (schema == null) {
            return kind == Kind.UNTYPED ? UNTYPED : DEDUCED;
        }
        Schema property = schema.properties().get(name);
        return property == null ? undeclared() : of(property, preserving);
    }

    private @Nullable Shape undeclared() {
        if (schema == null) {
            return DEDUCED;
        }
        Schema additional = schema.additionalProperties();
        if (additional != null) {
            boolean anything = additional.type().isEmpty()
                    && !additional.intOrString()
                    && additional.properties().isEmpty()
                    && additional.additionalProperties() == null;
            return anything ? DEDUCED : of(additional, preserving);
        }
        if (!map || !(preserving || schema.properties().isEmpty())) {
            return null;
        }
        return atomicMap() ? UNTYPED : DEDUCED;
    }

    /** Whether this is a map of which the schema knows nothing. */
    boolean deducedMap() {
        if (schema == null) {
            return kind == Kind.DEDUCED;
        }
        Shape below = undeclared();
        return schema.properties().isEmpty() && below != null && below.kind == Kind.DEDUCED;
    }

    Shape items() {
        Schema items = schema == null ? null : schema.items();
        return items == null ? UNTYPED : of(items, preserving);
    }

    /** The shape one step down; null when the schema has none there. */
    @Nullable
    Shape at(PathElement step) {
        return step instanceof PathElement.Field(String name) ? (map ? field(name) : null) : (list ? items() : null);
    }

    /** The default of a key field, which stands for it where an item does not give it. */
    @Nullable
    JsonNode keyDefault(String name) {
        Schema items = schema == null ? null : schema.items();
        Schema field = items == null ? null : items.properties().get(name);
        return field == null ? null : field.defaultValue();
    }

    /** Which form a value takes under this shape. */
    enum Form {
        SCALAR,
        LIST,
        MAP
    }

    /**
     * The form of a value; where the schema does not allow it (or the value is null), the schema's own first form, so that the
     * mismatch is found where the value is looked at.
     */
    Form form(@Nullable JsonNode value) {
        if (value != null) {
            if (value.isArray() && list) {
                return Form.LIST;
            }
            if (value.isObject() && map) {
                return Form.MAP;
            }
            if (value.isValueNode() && !value.isNull() && scalar != null) {
                return Form.SCALAR;
            }
        }
        return map ? Form.MAP : scalar != null ? Form.SCALAR : Form.LIST;
    }
}
