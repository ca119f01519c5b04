package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The paths by which two values of one schema differ; no path is in two of the sets. */
record Comparison(FieldSet removed, FieldSet modified, FieldSet added) {

    static Comparison of(Shape shape, JsonNode before, JsonNode after) {
        Comparison result = new Comparison(new FieldSet(), new FieldSet(), new FieldSet());
        result.compare(shape, before, after, new ArrayList<>());
        return result;
    }

    /** Without the fields that a write resets. */
    Comparison without(FieldSet ignored) {
        return ignored.isEmpty()
                ? this
                : new Comparison(
                        removed.recursiveDifference(ignored),
                        modified.recursiveDifference(ignored),
                        added.recursiveDifference(ignored));
    }

    FieldSet written() {
        return modified.union(added);
    }

    /** At least one side is there. A value that changes its form loses all below and is modified itself. */
    private void compare(Shape shape, @Nullable JsonNode before, @Nullable JsonNode after, List<PathElement> path) {
        Shape.Form form = shape.form(after == null ? before : after);
        if (before != null && after != null) {
            Shape.Form old = shape.form(before);
            if (old != form) {
                compareAs(old, shape, before, after, path);
            }
        }
        boolean leaf = compareAs(form, shape, before, after, path);
        if (!leaf && before == null) {
            added.insert(path);
        } else if (!leaf && after == null) {
            removed.insert(path);
        }
    }

    /** Whether it was compared as a whole. */
    private boolean compareAs(
            Shape.Form form, Shape shape, @Nullable JsonNode before, @Nullable JsonNode after, List<PathElement> path) {
        return switch (form) {
            case SCALAR -> whole(before, after, path);
            case LIST -> {
                boolean empty = !holds(before, true) && !holds(after, true);
                if (shape.listItems() == Shape.Items.ATOMIC || empty) {
                    yield whole(before, after, path);
                }
                compareItems(shape, before, after, path);
                yield false;
            }
            case MAP -> {
                boolean empty = !holds(before, false) && !holds(after, false);
                if (shape.atomicMap() || empty) {
                    yield whole(before, after, path);
                }
                compareFields(shape, before, after, path);
                yield false;
            }
        };
    }

    private static boolean holds(@Nullable JsonNode node, boolean list) {
        return node != null && (list ? node.isArray() : node.isObject()) && !node.isEmpty();
    }

    private boolean whole(@Nullable JsonNode before, @Nullable JsonNode after, List<PathElement> path) {
        if (before == null) {
            added.insert(path);
        } else if (after == null) {
            removed.insert(path);
        } else if (!JsonValues.same(before, after)) {
            modified.insert(path);
        }
        return true;
    }

    private void compareFields(
            Shape shape, @Nullable JsonNode before, @Nullable JsonNode after, List<PathElement> path) {
        Set<String> names = new LinkedHashSet<>();
        if (before instanceof ObjectNode object) {
            object.fieldNames().forEachRemaining(names::add);
        }
        if (after instanceof ObjectNode object) {
            object.fieldNames().forEachRemaining(names::add);
        }
        for (String name : names) {
            Shape below = shape.field(name);
            path.add(new PathElement.Field(name));
            compare(
                    below == null ? Shape.DEDUCED : below,
                    before == null ? null : before.get(name),
                    after == null ? null : after.get(name),
                    path);
            path.removeLast();
        }
    }

    private void compareItems(
            Shape shape, @Nullable JsonNode before, @Nullable JsonNode after, List<PathElement> path) {
        Map<PathElement, List<JsonNode>> old = byStep(shape, before);
        Map<PathElement, List<JsonNode>> young = byStep(shape, after);
        Set<PathElement> steps = new LinkedHashSet<>(old.keySet());
        steps.addAll(young.keySet());
        for (PathElement step : steps) {
            path.add(step);
            compareItem(shape.items(), old.getOrDefault(step, List.of()), young.getOrDefault(step, List.of()), path);
            path.removeLast();
        }
    }

    private static Map<PathElement, List<JsonNode>> byStep(Shape shape, @Nullable JsonNode list) {
        Map<PathElement, List<JsonNode>> items = new TreeMap<>();
        if (list instanceof ArrayNode array) {
            for (JsonNode item : array) {
                PathElement step = Typed.stepOrNull(shape, item);
                if (step != null) {
                    items.computeIfAbsent(step, key -> new ArrayList<>()).add(item);
                }
            }
        }
        return items;
    }

    /** Items with the same step are compared as a whole when there are several of them. */
    private void compareItem(Shape items, List<JsonNode> old, List<JsonNode> young, List<PathElement> path) {
        if (old.size() <= 1 && young.size() <= 1) {
            compare(items, old.isEmpty() ? null : old.getFirst(), young.isEmpty() ? null : young.getFirst(), path);
        } else if (old.size() >= 2 && young.size() >= 2) {
            boolean same = old.size() == young.size();
            for (int i = 0; same && i < old.size(); i++) {
                same = JsonValues.same(old.get(i), young.get(i));
            }
            if (!same) {
                modified.insert(path);
            }
        } else if (old.size() >= 2) {
            if (!young.isEmpty()) {
                compare(items, null, young.getFirst(), path);
            }
            removed.insert(path);
        } else {
            if (!old.isEmpty()) {
                compare(items, old.getFirst(), null, path);
            }
            added.insert(path);
        }
    }
}
