package dev.gyropilot.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Column;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Makes {@code meta.k8s.io/v1 Table}s, which kubectl prints, and objects with their metadata only. Thread-safe. */
public final class Tables {
    private static final String META = "meta.k8s.io/v1";
    private static final int MAX_PATHS = 4096;
    private static final Column NAME = new Column("Name", "string", "name", "", 0, "");
    private static final Column AGE = new Column("Age", "date", "", "", 0, ".metadata.creationTimestamp");
    private static final List<Column> SCALE = List.of(
            NAME,
            new Column("Desired", "integer", "", "Replicas that are wanted.", 0, ""),
            new Column("Available", "integer", "", "Replicas that there are.", 0, ""),
            new Column("Age", "string", "", "", 0, ""));
    private static final Map<String, Cell> SCALE_CELLS = Map.of(
            "Desired", row -> row.number("spec", "replicas"), "Available", row -> row.number("status", "replicas"));
    private static final Map<String, Map<String, Cell>> CELLS = collect();

    private final InstantSource clock;
    private final Map<String, JsonPath> paths = new ConcurrentHashMap<>();

    public Tables(InstantSource clock) {
        this.clock = clock;
    }

    /** What of the object comes with each row. */
    public enum IncludeObject {
        NONE,
        METADATA,
        OBJECT;

        /** By the value of the query parameter {@code includeObject}; an empty one means the metadata. */
        public static @Nullable IncludeObject of(String value) {
            return switch (value) {
                case "", "Metadata" -> METADATA;
                case "None" -> NONE;
                case "Object" -> OBJECT;
                default -> null;
            };
        }
    }

    private static Map<String, Map<String, Cell>> collect() {
        Map<String, Map<String, Cell>> cells = new HashMap<>();
        cells.putAll(WorkloadCells.kinds());
        cells.putAll(NetworkCells.kinds());
        cells.putAll(ClusterCells.kinds());
        return Map.copyOf(cells);
    }

    /** A table of the objects with its column definitions. */
    public ObjectNode table(
            ResourceType type, List<ObjectNode> objects, IncludeObject include, @Nullable ObjectNode listMeta) {
        return table(type, objects, include, listMeta, true);
    }

    /**
     * A table of the objects.
     *
     * @param listMeta the metadata of the list, or of the single object; null for none
     * @param definitions false for the later events of a watch, whose column definitions are null
     */
    public ObjectNode table(
            ResourceType type,
            List<ObjectNode> objects,
            IncludeObject include,
            @Nullable ObjectNode listMeta,
            boolean definitions) {
        List<Column> columns = columns(type);
        ObjectNode table = table(columns, listMeta, definitions);
        ArrayNode rows = (ArrayNode) table.get("rows");
        Map<String, Cell> cells =
                type.custom() ? Map.of() : CELLS.getOrDefault(type.group() + "/" + type.kind(), Map.of());
        for (ObjectNode object : objects) {
            ObjectNode row = row(rows, columns, cells, object, include);
            if (type.kind().equals("Pod") && type.group().isEmpty()) {
                completion(row, Tree.text(object, "status", "phase"));
            }
        }
        return table;
    }

    /** A table of one {@code autoscaling/v1 Scale}. */
    public ObjectNode scale(ObjectNode scale, IncludeObject include) {
        ObjectNode metadata = Tree.object();
        metadata.set("resourceVersion", scale.path("metadata").path("resourceVersion"));
        ObjectNode table = table(SCALE, metadata, true);
        row((ArrayNode) table.get("rows"), SCALE, SCALE_CELLS, scale, include);
        return table;
    }

    private static ObjectNode table(List<Column> columns, @Nullable ObjectNode listMeta, boolean definitions) {
        ObjectNode table =
                JsonNodeFactory.instance.objectNode().put("kind", "Table").put("apiVersion", META);
        table.set("metadata", listMeta == null ? Tree.object() : listMeta);
        if (definitions) {
            ArrayNode list = table.putArray("columnDefinitions");
            columns.forEach(column -> list.addObject()
                    .put("name", column.name())
                    .put("type", column.type())
                    .put("format", column.format())
                    .put("description", column.description())
                    .put("priority", column.priority()));
        } else {
            table.putNull("columnDefinitions");
        }
        table.putArray("rows");
        return table;
    }

    /** The kind, apiVersion and metadata of the object as {@code PartialObjectMetadata}; the metadata is shared, not copied. */
    public static ObjectNode partialMetadata(ObjectNode object) {
        ObjectNode partial = JsonNodeFactory.instance
                .objectNode()
                .put("kind", "PartialObjectMetadata")
                .put("apiVersion", META);
        partial.set("metadata", object.path("metadata"));
        return partial;
    }

    /** Custom resources begin with their name and, where they define no columns, end with their age. */
    private static List<Column> columns(ResourceType type) {
        boolean named =
                !type.columns().isEmpty() && type.columns().getFirst().name().equals("Name");
        if (!type.custom() || named) {
            return type.columns().isEmpty() ? List.of(NAME, AGE) : type.columns();
        }
        List<Column> columns = new ArrayList<>();
        columns.add(NAME);
        columns.addAll(type.columns().isEmpty() ? List.of(AGE) : type.columns());
        return columns;
    }

    private ObjectNode row(
            ArrayNode rows, List<Column> columns, Map<String, Cell> cells, ObjectNode object, IncludeObject include) {
        ObjectNode target = rows.addObject();
        Row row = new Row(object, clock.instant());
        ArrayNode list = target.putArray("cells");
        columns.forEach(column -> list.add(cell(column, cells, row)));
        switch (include) {
            case NONE -> {}
            case METADATA -> target.set("object", partialMetadata(object));
            case OBJECT -> target.set("object", object);
        }
        return target;
    }

    /** By this kubectl tells pods that are done from those that run. */
    private static void completion(ObjectNode row, String phase) {
        boolean well = phase.equals("Succeeded");
        if (well || phase.equals("Failed")) {
            row.putArray("conditions")
                    .addObject()
                    .put("type", "Completed")
                    .put("status", "True")
                    .put("reason", phase)
                    .put("message", well ? "The pod has completed successfully." : "The pod failed.");
        }
    }

    private JsonNode cell(Column column, Map<String, Cell> own, Row row) {
        if (!column.jsonPath().isEmpty()) {
            return custom(column, row);
        }
        Cell cell = own.get(column.name());
        if (cell != null) {
            return node(cell.of(row));
        }
        return switch (column.name()) {
            case "Name" -> node(row.text("metadata", "name"));
            case "Age" -> node(row.age());
            case "Created At" -> node(row.text("metadata", "creationTimestamp"));
            default -> JsonNodeFactory.instance.nullNode();
        };
    }

    private static JsonNode node(Object value) {
        return switch (value) {
            case String text -> JsonNodeFactory.instance.textNode(text);
            case Long number when number == number.intValue() -> JsonNodeFactory.instance.numberNode(number.intValue());
            case Long number -> JsonNodeFactory.instance.numberNode(number);
            case Boolean flag -> JsonNodeFactory.instance.booleanNode(flag);
            default -> throw new IllegalStateException("a cell of " + value.getClass());
        };
    }

    private JsonNode custom(Column column, Row row) {
        if (paths.size() > MAX_PATHS) {
            paths.clear();
        }
        JsonNode value =
                paths.computeIfAbsent(column.jsonPath(), JsonPath::parse).find(row.object());
        if (value.isMissingNode() || value.isNull()) {
            return JsonNodeFactory.instance.nullNode();
        }
        JsonNodeFactory make = JsonNodeFactory.instance;
        return switch (column.type()) {
            case "string" ->
                value.isTextual() ? value : make.textNode(value.isValueNode() ? value.asText() : value.toString());
            case "integer" -> value.isNumber() ? make.numberNode(value.longValue()) : make.nullNode();
            case "number" -> value.isNumber() ? value : make.nullNode();
            case "boolean" -> value.isBoolean() ? value : make.nullNode();
            case "date" -> value.isTextual() ? make.textNode(row.since(value)) : make.nullNode();
            default -> make.nullNode();
        };
    }
}
