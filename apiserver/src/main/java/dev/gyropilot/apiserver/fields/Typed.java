package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Walks over one value by its schema: which paths it sets, and whether it fits at all. */
final class Typed {
    private Typed() {}

    /**
     * Checks a value against its schema.
     *
     * @param duplicates whether lists that should have no duplicates may have them
     * @throws NotTyped with all findings
     */
    static void check(Shape shape, JsonNode value, boolean duplicates) {
        List<String> findings = new ArrayList<>();
        new Check(findings, duplicates).visit(shape, value, new ArrayList<>());
        if (!findings.isEmpty()) {
            throw new NotTyped(findings);
        }
    }

    /** The paths that a value sets: its leaves, its list items, its atomic nodes and its undeclared fields. */
    static FieldSet fieldSet(Shape shape, JsonNode value) {
        FieldSet set = new FieldSet();
        collect(shape, value, new ArrayList<>(), set);
        return set;
    }

    private static void collect(Shape shape, JsonNode value, List<PathElement> path, FieldSet set) {
        switch (shape.form(value)) {
            case SCALAR -> set.insert(path);
            case LIST -> {
                if (shape.listItems() == Shape.Items.ATOMIC) {
                    set.insert(path);
                } else if (value instanceof ArrayNode list) {
                    collectItems(shape, list, path, set);
                }
            }
            case MAP -> {
                if (shape.atomicMap()) {
                    set.insert(path);
                } else if (value instanceof ObjectNode object) {
                    collectFields(shape, object, path, set);
                }
            }
        }
    }

    private static void collectFields(Shape shape, ObjectNode object, List<PathElement> path, FieldSet set) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            path.add(new PathElement.Field(name));
            Shape below = shape.field(name);
            collect(below == null ? Shape.DEDUCED : below, value, path, set);
            if (value.isNull() || (value.isObject() && value.isEmpty()) || !shape.declares(name)) {
                set.insert(path);
            }
            path.removeLast();
        }
    }

    /** An item that is there twice is owned as one, without what lies below. */
    private static void collectItems(Shape shape, ArrayNode list, List<PathElement> path, FieldSet set) {
        Set<PathElement> seen = new TreeSet<>();
        Set<PathElement> repeated = new TreeSet<>();
        List<@Nullable PathElement> steps = new ArrayList<>();
        for (JsonNode item : list) {
            PathElement step = stepOrNull(shape, item);
            steps.add(step);
            if (step != null && !seen.add(step)) {
                repeated.add(step);
            }
        }
        for (int i = 0; i < list.size(); i++) {
            PathElement step = steps.get(i);
            if (step == null) {
                continue;
            }
            path.add(step);
            if (!repeated.contains(step)) {
                collect(shape.items(), list.get(i), path, set);
            }
            set.insert(path);
            path.removeLast();
        }
    }

    /**
     * The step to an item of a set or keyed list.
     *
     * @throws NotTyped if the item cannot be told from others
     */
    static PathElement step(Shape list, JsonNode item) {
        if (list.listItems() == Shape.Items.SET) {
            return switch (item.getNodeType()) {
                case OBJECT -> throw unkeyed("associative list without keys has an element that's a map type");
                case ARRAY -> throw unkeyed("not supported: associative list with lists as elements");
                case NULL -> throw unkeyed("associative list without keys has an element that's an explicit null");
                default -> new PathElement.Value(item);
            };
        }
        if (item.isNull()) {
            throw unkeyed("associative list with keys may not have a null element");
        }
        if (!item.isObject()) {
            throw unkeyed("associative list with keys may not have non-map elements");
        }
        TreeMap<String, JsonNode> keys = new TreeMap<>();
        for (String name : list.keys()) {
            JsonNode value = item.get(name);
            value = value == null ? list.keyDefault(name) : value;
            if (value != null) {
                keys.put(name, value);
            }
        }
        if (keys.isEmpty()) {
            StringBuilder names = new StringBuilder();
            list.keys()
                    .forEach(name -> names.append(names.isEmpty() ? "\"" : " \"")
                            .append(name)
                            .append('"'));
            throw unkeyed("associative list with keys has an element that omits all key fields [" + names
                    + "] (and doesn't have default values for any key fields)");
        }
        return new PathElement.Key(keys);
    }

    static @Nullable PathElement stepOrNull(Shape list, JsonNode item) {
        try {
            return step(list, item);
        } catch (NotTyped e) {
            return null;
        }
    }

    private static NotTyped unkeyed(String why) {
        return new NotTyped(List.of(why));
    }

    private record Check(List<String> findings, boolean duplicates) {
        void visit(Shape shape, JsonNode value, List<PathElement> path) {
            if (value.isNull()) {
                return;
            }
            switch (shape.form(value)) {
                case SCALAR -> scalar(shape.scalar(), value, path);
                case LIST -> {
                    if (value instanceof ArrayNode list) {
                        items(shape, list, path);
                    } else {
                        find(path, "expected list, got &{" + JsonValues.go(value) + "}");
                    }
                }
                case MAP -> {
                    if (value instanceof ObjectNode object) {
                        fields(shape, object, path);
                    } else {
                        find(path, "expected map, got &{" + JsonValues.go(value) + "}");
                    }
                }
            }
        }

        private void scalar(Shape.@Nullable Scalar type, JsonNode value, List<PathElement> path) {
            if (type == null) {
                return;
            }
            boolean fits = switch (type) {
                case NUMERIC -> value.isNumber();
                case STRING -> value.isTextual();
                case BOOLEAN -> value.isBoolean();
                case ANY -> !value.isContainerNode();
            };
            if (!fits) {
                String got = switch (type) {
                    case NUMERIC -> JsonValues.goType(value);
                    case STRING -> "&value.valueUnstructured{Value:" + JsonValues.goSyntax(value) + "}";
                    case BOOLEAN, ANY -> "&{" + JsonValues.go(value) + "}";
                };
                find(path, "expected " + type.words + ", got " + got);
            }
        }

        /** In the order of the names, in which Kubernetes reports. */
        private void fields(Shape shape, ObjectNode object, List<PathElement> path) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            object.forEachEntry(sorted::put);
            for (Map.Entry<String, JsonNode> field : sorted.entrySet()) {
                path.add(new PathElement.Field(field.getKey()));
                Shape below = shape.field(field.getKey());
                if (below == null) {
                    find(path, "field not declared in schema");
                    path.removeLast();
                    return;
                }
                visit(below, field.getValue(), path);
                path.removeLast();
            }
        }

        private void items(Shape shape, ArrayNode list, List<PathElement> path) {
            Set<PathElement> seen = new HashSet<>();
            boolean keyed = shape.listItems() != Shape.Items.ATOMIC;
            for (int i = 0; i < list.size(); i++) {
                PathElement step = new PathElement.Index(i);
                if (keyed) {
                    try {
                        step = step(shape, list.get(i));
                    } catch (NotTyped e) {
                        find(path, "element " + i + ": " + e.getMessage());
                        return;
                    }
                    if (!seen.add(step) && !duplicates) {
                        find(path, "duplicate entries for key " + step);
                    }
                }
                path.add(step);
                visit(shape.items(), list.get(i), path);
                path.removeLast();
            }
        }

        private void find(List<PathElement> path, String message) {
            findings.add(path.isEmpty() ? message : FieldSet.text(path) + ": " + message);
        }
    }
}
