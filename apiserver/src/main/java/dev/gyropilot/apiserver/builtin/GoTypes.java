package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The Go types of all built-in kinds, read from the recorded schemas when first asked for. Thread-safe. */
public final class GoTypes {
    private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static final Map<String, GoType> SPECIAL = Map.ofEntries(
            Map.entry(META + "Time", new GoType.Time(false)),
            Map.entry(META + "MicroTime", new GoType.Time(true)),
            Map.entry(META + "FieldsV1", new GoType.Any()),
            Map.entry(META + "Patch", new GoType.Any()),
            Map.entry("io.k8s.apimachinery.pkg.runtime.RawExtension", new GoType.Any()),
            Map.entry("io.k8s.apimachinery.pkg.api.resource.Quantity", new GoType.Quantity()),
            Map.entry("io.k8s.apimachinery.pkg.util.intstr.IntOrString", new GoType.IntOrString()));

    private final ObjectNode schemas;
    private final ObjectNode pointers;
    private final Map<String, GoType> known = new ConcurrentHashMap<>(SPECIAL);

    private GoTypes(ObjectNode schemas, ObjectNode pointers) {
        this.schemas = schemas;
        this.pointers = pointers;
    }

    private static final class Recorded {
        static final GoTypes TYPES = new GoTypes(KubernetesDocuments.schemas(), KubernetesDocuments.pointerFields());
    }

    public static GoTypes recorded() {
        return Recorded.TYPES;
    }

    /**
     * The struct of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public GoType.Struct struct(String name) {
        if (named(name) instanceof GoType.Struct struct) {
            return struct;
        }
        throw new IllegalArgumentException("\"" + name + "\" is no struct of the built-in kinds");
    }

    /** The struct of that name, or null. */
    public GoType.@Nullable Struct find(String name) {
        return schemas.has(name) && named(name) instanceof GoType.Struct struct ? struct : null;
    }

    private GoType named(String name) {
        GoType type = known.get(name);
        if (type != null) {
            return type;
        }
        JsonNode schema = schemas.path(name);
        GoType made = schema.has("properties")
                ? new GoType.Struct(name, once(() -> fields(name, schema)))
                : plain(name, schema);
        GoType raced = known.putIfAbsent(name, made);
        return raced == null ? made : raced;
    }

    /** A named schema without properties: an empty struct, or one that holds any JSON. */
    private static GoType plain(String name, JsonNode schema) {
        return schema.path("type").asText().equals("object") ? new GoType.Struct(name, Map::of) : new GoType.Any();
    }

    private Map<String, GoType.Field> fields(String name, JsonNode schema) {
        Set<String> pointing = texts(pointers.path(name));
        Set<String> required = texts(schema.path("required"));
        Map<String, GoType.Field> fields = new LinkedHashMap<>();
        schema.path("properties").properties().forEach(property -> {
            String field = property.getKey();
            JsonNode value = property.getValue();
            fields.put(
                    field,
                    new GoType.Field(
                            field,
                            type(value),
                            value.get("default"),
                            pointing.contains(field),
                            required.contains(field)));
        });
        return Collections.unmodifiableMap(fields);
    }

    private GoType type(JsonNode schema) {
        String reference = KubernetesDocuments.referenced(schema);
        if (!reference.isEmpty()) {
            return named(reference);
        }
        return switch (schema.path("type").asText()) {
            case "string" ->
                schema.path("format").asText().equals("byte")
                        ? new GoType.Bytes()
                        : new GoType.Text(texts(schema.path("enum")));
            case "integer" -> new GoType.Whole(schema.path("format").asText().equals("int32") ? 32 : 64);
            case "number" -> new GoType.Real();
            case "boolean" -> new GoType.Bool();
            case "array" -> new GoType.ListOf(type(schema.path("items")));
            case "object" ->
                schema.has("additionalProperties")
                        ? new GoType.MapOf(type(schema.path("additionalProperties")))
                        : new GoType.Any();
            default -> new GoType.Any();
        };
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new LinkedHashSet<>();
        array.forEach(item -> texts.add(item.textValue()));
        return Collections.unmodifiableSet(texts);
    }

    /** Computed at the first call; a race computes it twice, to the same result. */
    private static <T> Supplier<T> once(Supplier<T> maker) {
        return new Supplier<>() {
            private volatile @Nullable T value;

            @Override
            public T get() {
                T made = value;
                if (made == null) {
                    made = maker.get();
                    value = made;
                }
                return made;
            }
        };
    }
}
