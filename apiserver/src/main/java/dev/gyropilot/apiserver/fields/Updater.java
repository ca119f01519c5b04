package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.HashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The core of the field model: how ownership changes when somebody writes. After structured-merge-diff
 * (sigs.k8s.io/structured-merge-diff, package merge), for objects that are the same in all versions of a kind but for
 * {@code apiVersion}.
 *
 * <p>An update gives its writer all that it changed, and takes it from others. An apply (1) merges the configuration into
 * the live object; (2) removes what its writer had applied before, does not apply any more, and nobody else owns; (3)
 * conflicts with each owner of something that it changed, unless forced.
 *
 * @param version of the request
 * @param shapes the schema of a version; null for one that is not served any more, whose managers are dropped
 * @param ignored fields that this kind of write resets, which it therefore never owns
 */
record Updater(String version, Function<String, @Nullable Shape> shapes, FieldSet ignored) {

    /** The result of an apply: the object, or null when live stays as it is. */
    record Applied(@Nullable ObjectNode object) {}

    /** Notes in {@code managed} that {@code me} has changed {@code live} to {@code next}. */
    void update(ObjectNode live, ObjectNode next, Managed managed, Managed.Id me) {
        reconcile(managed);
        Comparison mine = compareAndTake(live, next, managed, me, true);
        Managed.Entry old = managed.entries().get(me);
        FieldSet set = old == null ? new FieldSet() : old.fields();
        set = set.difference(mine.removed()).union(mine.written()).recursiveDifference(ignored);
        put(managed, me, set);
    }

    /**
     * Applies.
     *
     * @throws Conflicts if others own what it would change, and it is not forced
     */
    Applied apply(ObjectNode live, ObjectNode config, Managed managed, Managed.Id me, boolean force) {
        reconcile(managed);
        Shape shape = shape(version);
        JsonNode merged = Merge.of(shape, live, config);
        Managed.Entry last = managed.entries().get(me);
        FieldSet set = Typed.fieldSet(shape, config).recursiveDifference(ignored);
        managed.entries().put(me, new Managed.Entry(set, version));
        ObjectNode result = object(merged);
        if (last != null && !last.fields().isEmpty()) {
            result = prune(result, managed, last);
        }
        compareAndTake(live, result, managed, me, force);
        return new Applied(JsonValues.same(live, result) ? null : result);
    }

    private static void put(Managed managed, Managed.Id id, FieldSet set, String apiVersion) {
        if (set.isEmpty()) {
            managed.entries().remove(id);
        } else {
            managed.entries().put(id, new Managed.Entry(set, apiVersion));
        }
    }

    private void put(Managed managed, Managed.Id id, FieldSet set) {
        put(managed, id, set, version);
    }

    private Shape shape(String apiVersion) {
        Shape shape = shapes.apply(apiVersion);
        return shape == null ? Shape.DEDUCED : shape;
    }

    private void reconcile(Managed managed) {
        managed.entries().replaceAll((id, entry) -> {
            Shape shape = shapes.apply(entry.apiVersion());
            return shape == null
                    ? entry
                    : new Managed.Entry(SchemaChanges.reconcile(shape, entry.fields()), entry.apiVersion());
        });
    }

    /** Takes from all others what changed; the result is the comparison in the request's version. */
    private Comparison compareAndTake(ObjectNode live, ObjectNode next, Managed managed, Managed.Id me, boolean force) {
        Map<String, Comparison> byVersion = new HashMap<>();
        Comparison mine = Comparison.of(shape(version), live, next).without(ignored);
        byVersion.put(version, mine);
        managed.entries()
                .entrySet()
                .removeIf(each -> !each.getKey().equals(me)
                        && shapes.apply(each.getValue().apiVersion()) == null);
        Map<Managed.Id, FieldSet> conflicts = new TreeMap<>();
        for (Entry<Managed.Id, Managed.Entry> each : managed.entries().entrySet()) {
            if (each.getKey().equals(me)) {
                continue;
            }
            Managed.Entry entry = each.getValue();
            Comparison theirs = byVersion.computeIfAbsent(
                    entry.apiVersion(),
                    other -> Comparison.of(shape(other), live, next).without(ignored));
            FieldSet conflict = entry.fields().intersection(theirs.written());
            if (!conflict.isEmpty()) {
                conflicts.put(each.getKey(), conflict);
            }
        }
        if (!force && !conflicts.isEmpty()) {
            throw new Conflicts(conflicts);
        }
        managed.entries().replaceAll((id, entry) -> {
            if (id.equals(me)) {
                return entry;
            }
            Comparison theirs = byVersion.getOrDefault(entry.apiVersion(), mine);
            FieldSet rest = entry.fields()
                    .difference(conflicts.getOrDefault(id, new FieldSet()))
                    .difference(theirs.removed());
            return new Managed.Entry(rest, entry.apiVersion());
        });
        managed.entries().values().removeIf(entry -> entry.fields().isEmpty());
        return mine;
    }

    /** Removes from the merged object what only the last apply of this manager had put there. */
    private ObjectNode prune(ObjectNode merged, Managed managed, Managed.Entry last) {
        Shape shape = shapes.apply(last.apiVersion());
        if (shape == null) {
            return merged;
        }
        FieldSet lastNamed = last.fields().withNamedFields(shape);
        ObjectNode pruned = removed(shape, merged, lastNamed);
        pruned = addBackOwned(merged, pruned, last.apiVersion(), managed);
        FieldSet prunedSet = Typed.fieldSet(shape, pruned).withNamedFields(shape);
        FieldSet mergedSet = Typed.fieldSet(shape, merged).withNamedFields(shape);
        return removed(shape, merged, mergedSet.difference(prunedSet).intersection(lastNamed));
    }

    private ObjectNode addBackOwned(ObjectNode merged, ObjectNode pruned, String firstVersion, Managed managed) {
        Map<String, FieldSet> owned = new TreeMap<>();
        managed.entries().values().forEach(entry -> owned.merge(entry.apiVersion(), entry.fields(), FieldSet::union));
        ObjectNode result = pruned;
        FieldSet first = owned.remove(firstVersion);
        if (first != null) {
            result = addBack(merged, result, firstVersion, first);
        }
        for (Entry<String, FieldSet> each : owned.entrySet()) {
            result = addBack(merged, result, each.getKey(), each.getValue());
        }
        return result;
    }

    private ObjectNode addBack(ObjectNode merged, ObjectNode pruned, String apiVersion, FieldSet owned) {
        Shape shape = shapes.apply(apiVersion);
        if (shape == null) {
            return pruned;
        }
        FieldSet mergedSet = Typed.fieldSet(shape, merged).withNamedFields(shape);
        FieldSet keep = Typed.fieldSet(shape, pruned).withNamedFields(shape).union(owned.withNamedFields(shape));
        return removed(shape, merged, mergedSet.difference(keep));
    }

    private static ObjectNode removed(Shape shape, ObjectNode value, FieldSet paths) {
        return object(Removal.of(shape, value, paths));
    }

    private static ObjectNode object(@Nullable JsonNode node) {
        return node instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
    }
}
