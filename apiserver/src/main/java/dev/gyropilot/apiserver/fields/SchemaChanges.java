package dev.gyropilot.apiserver.fields;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Fits a stored set to a schema that has changed since: what was owned below a node that is atomic now becomes ownership of
 * the node.
 */
final class SchemaChanges {
    private FieldSet remove = new FieldSet();
    private FieldSet add = new FieldSet();
    private boolean changed;

    private SchemaChanges() {}

    static FieldSet reconcile(Shape shape, FieldSet set) {
        SchemaChanges changes = new SchemaChanges();
        changes.visit(shape, set, false, new ArrayList<>());
        return changes.changed ? set.recursiveDifference(changes.remove).union(changes.add) : set;
    }

    private void visit(Shape shape, @Nullable FieldSet set, boolean owned, List<PathElement> path) {
        switch (shape.form(null)) {
            case MAP -> {
                if (shape.deducedMap()) {
                    return;
                }
                if (!owned && shape.atomicMap()) {
                    if (set != null && !set.isEmpty()) {
                        collapse(path);
                    }
                } else {
                    descend(shape, set, path);
                }
            }
            case LIST -> {
                if (!owned && shape.listItems() == Shape.Items.ATOMIC) {
                    collapse(path);
                } else {
                    descend(shape, set, path);
                }
            }
            case SCALAR -> {}
        }
    }

    private void collapse(List<PathElement> path) {
        changed = true;
        remove.insert(path);
        add.insert(path);
    }

    private void descend(Shape shape, @Nullable FieldSet set, List<PathElement> path) {
        if (set == null) {
            return;
        }
        TreeSet<PathElement> steps = new TreeSet<>(set.members());
        steps.addAll(set.children().keySet());
        for (PathElement step : steps) {
            Shape below = shape.at(step);
            if (below == null) {
                continue;
            }
            FieldSet child = set.children().get(step);
            path.add(step);
            visit(below, child, set.members().contains(step) && child == null, path);
            path.removeLast();
        }
    }
}
