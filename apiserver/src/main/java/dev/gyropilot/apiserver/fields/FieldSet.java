package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of paths, as a tree: at each node those steps that end a path of the set (members) and those that go on (children).
 * A path in the set says nothing about the paths above and below it. Only {@link #insert} changes a set; do so only while
 * building it, because the other operations share subtrees.
 */
final class FieldSet {
    private final TreeSet<PathElement> members = new TreeSet<>();
    private final TreeMap<PathElement, FieldSet> children = new TreeMap<>();

    static FieldSet of(String... dottedPaths) {
        FieldSet set = new FieldSet();
        for (String dotted : dottedPaths) {
            set.insert(path(dotted));
        }
        return set;
    }

    /** The path of nested fields such as {@code spec.replicas}. */
    static List<PathElement> path(String dotted) {
        List<PathElement> path = new ArrayList<>();
        for (String name : dotted.split("\\.")) {
            path.add(new PathElement.Field(name));
        }
        return path;
    }

    NavigableSet<PathElement> members() {
        return members;
    }

    NavigableMap<PathElement, FieldSet> children() {
        return children;
    }

    /** Adds a path, not those above it. The empty path (the whole object) is never owned. */
    void insert(List<PathElement> path) {
        FieldSet at = this;
        for (int i = 0; i < path.size() - 1; i++) {
            at = at.children.computeIfAbsent(path.get(i), key -> new FieldSet());
        }
        if (!path.isEmpty()) {
            at.members.add(path.getLast());
        }
    }

    boolean isEmpty() {
        if (!members.isEmpty()) {
            return false;
        }
        for (FieldSet child : children.values()) {
            if (!child.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    boolean has(List<PathElement> path) {
        FieldSet at = this;
        for (int i = 0; i < path.size() - 1; i++) {
            FieldSet next = at.children.get(path.get(i));
            if (next == null) {
                return false;
            }
            at = next;
        }
        return !path.isEmpty() && at.members.contains(path.getLast());
    }

    /** What lies below a step; empty when nothing does. */
    FieldSet below(PathElement element) {
        FieldSet child = children.get(element);
        return child == null ? new FieldSet() : child;
    }

    FieldSet union(FieldSet other) {
        FieldSet result = new FieldSet();
        result.members.addAll(members);
        result.members.addAll(other.members);
        result.children.putAll(children);
        other.children.forEach((step, child) -> result.children.merge(step, child, FieldSet::union));
        return result;
    }

    FieldSet intersection(FieldSet other) {
        FieldSet result = new FieldSet();
        result.members.addAll(members);
        result.members.retainAll(other.members);
        children.forEach((step, child) -> {
            FieldSet theirs = other.children.get(step);
            if (theirs != null) {
                result.putChild(step, child.intersection(theirs));
            }
        });
        return result;
    }

    /** Without the paths of the other set; a path above or below one of these stays. */
    FieldSet difference(FieldSet other) {
        FieldSet result = new FieldSet();
        result.members.addAll(members);
        result.members.removeAll(other.members);
        children.forEach((step, child) -> {
            FieldSet theirs = other.children.get(step);
            result.putChild(step, theirs == null ? child : child.difference(theirs));
        });
        return result;
    }

    /** Without the paths of the other set and all that lies below them. */
    FieldSet recursiveDifference(FieldSet other) {
        FieldSet result = new FieldSet();
        result.members.addAll(members);
        result.members.removeAll(other.members);
        children.forEach((step, child) -> {
            if (!other.members.contains(step)) {
                FieldSet theirs = other.children.get(step);
                result.putChild(step, theirs == null ? child : child.recursiveDifference(theirs));
            }
        });
        return result;
    }

    private void putChild(PathElement step, FieldSet child) {
        if (!child.isEmpty()) {
            children.put(step, child);
        }
    }

    /** Also holds the declared fields on the way to each path, which sets usually leave out. */
    FieldSet withNamedFields(@Nullable Shape shape) {
        FieldSet result = new FieldSet();
        result.members.addAll(members);
        children.forEach((step, child) -> {
            if (step instanceof PathElement.Field(String name) && shape != null && shape.declares(name)) {
                result.members.add(step);
            }
            Shape below = shape == null ? null : shape.at(step);
            result.children.put(step, child.withNamedFields(below));
        });
        return result;
    }

    /** Calls with each path of the set, those of a node before those below it; the list is only valid during the call. */
    void forEach(Consumer<List<PathElement>> action) {
        forEach(new ArrayList<>(), action);
    }

    private void forEach(List<PathElement> prefix, Consumer<List<PathElement>> action) {
        for (PathElement member : members) {
            prefix.add(member);
            action.accept(prefix);
            prefix.removeLast();
        }
        children.forEach((step, child) -> {
            prefix.add(step);
            child.forEach(prefix, action);
            prefix.removeLast();
        });
    }

    static String text(List<PathElement> path) {
        StringBuilder text = new StringBuilder();
        path.forEach(text::append);
        return text.toString();
    }

    /** FieldsV1: an object per node, {@code .} for the node itself where it also has children. */
    ObjectNode toJson() {
        return toJson(false);
    }

    private ObjectNode toJson(boolean self) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (self && !(members.isEmpty() && children.isEmpty())) {
            json.putObject(".");
        }
        TreeSet<PathElement> steps = new TreeSet<>(members);
        steps.addAll(children.keySet());
        for (PathElement step : steps) {
            FieldSet child = children.get(step);
            json.set(
                    step.serialized(),
                    child == null ? JsonNodeFactory.instance.objectNode() : child.toJson(members.contains(step)));
        }
        return json;
    }

    /**
     * Reads FieldsV1.
     *
     * @throws IllegalArgumentException for what is none
     */
    static FieldSet fromJson(JsonNode json) {
        FieldSet set = new FieldSet();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            if (entry.getKey().equals(".")) {
                continue;
            }
            PathElement step = PathElement.parse(entry.getKey());
            if (step == null) {
                continue;
            }
            FieldSet child = fromJson(entry.getValue());
            boolean leaf = child.members.isEmpty() && child.children.isEmpty();
            if (leaf || entry.getValue().has(".")) {
                set.members.add(step);
            }
            if (!leaf) {
                set.children.merge(step, child, FieldSet::union);
            }
        }
        return set;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldSet set && members.equals(set.members) && children.equals(set.children);
    }

    @Override
    public int hashCode() {
        return members.hashCode();
    }

    @Override
    public String toString() {
        List<String> paths = new ArrayList<>();
        forEach(path -> paths.add(text(path)));
        return String.join("\n", paths);
    }
}
