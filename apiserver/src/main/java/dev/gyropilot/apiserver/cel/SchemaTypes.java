package dev.gyropilot.apiserver.cel;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Describes the values of a schema to the expression language. Not thread-safe. */
final class SchemaTypes {
    /** Only these of an object's own metadata are visible to rules; of embedded objects all are. */
    static final Set<String> VISIBLE_METADATA = Set.of("name", "generateName");

    private final List<CelType> structs = new ArrayList<>();

    /** The structs made so far, which the types refer to. */
    List<CelType> structs() {
        return structs;
    }

    /** @param resource whether the value is the whole stored object */
    CelType typeOf(Schema schema, boolean resource) {
        if (schema.intOrString()) {
            return SimpleType.DYN;
        }
        return switch (schema.type()) {
            case "string" -> string(schema.format());
            case "integer" -> SimpleType.INT;
            case "number" -> SimpleType.DOUBLE;
            case "boolean" -> SimpleType.BOOL;
            case "array" -> {
                Schema items = schema.items();
                yield ListType.create(items == null ? SimpleType.DYN : typeOf(items, false));
            }
            case "object" -> object(schema, resource);
            default -> SimpleType.DYN;
        };
    }

    private static CelType string(String format) {
        return switch (format) {
            case "date", "date-time", "datetime" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            case "byte" -> SimpleType.BYTES;
            default -> SimpleType.STRING;
        };
    }

    private CelType object(Schema schema, boolean resource) {
        Schema additional = schema.additionalProperties();
        if (additional != null) {
            return MapType.create(SimpleType.STRING, typeOf(additional, false));
        }
        if (schema.properties().isEmpty()) {
            return MapType.create(SimpleType.STRING, SimpleType.DYN);
        }
        Map<String, CelType> fields = new LinkedHashMap<>();
        schema.properties().forEach((name, property) -> {
            CelType type = resource && name.equals("metadata") ? metadata() : typeOf(property, false);
            fields.put(Identifiers.escape(name), type);
            if (Identifiers.reserved(name)) {
                fields.put(name, type);
            }
        });
        return struct(fields);
    }

    private CelType metadata() {
        Map<String, CelType> fields = new LinkedHashMap<>();
        VISIBLE_METADATA.forEach(name -> fields.put(name, SimpleType.STRING));
        return struct(fields);
    }

    private CelType struct(Map<String, CelType> made) {
        ImmutableMap<String, CelType> fields = ImmutableMap.copyOf(made);
        StructType struct = StructType.create(
                "object" + structs.size(), fields.keySet(), name -> Optional.ofNullable(fields.get(name)));
        structs.add(struct);
        return struct;
    }
}
