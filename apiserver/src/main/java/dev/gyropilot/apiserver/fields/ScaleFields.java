package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Translates managedFields entries between a kind and its {@code autoscaling/v1 Scale}, which owns only the replicas. */
public final class ScaleFields {
    private static final String SCALE_VERSION = "autoscaling/v1";
    private static final List<PathElement> IN_SCALE = FieldSet.path("spec.replicas");

    private ScaleFields() {}

    /**
     * The entries for a Scale made of this object.
     *
     * @param replicasPath dotted, such as {@code spec.replicas}
     */
    public static ArrayNode toScale(ObjectNode parent, String replicasPath) {
        Managed managed = Managed.lenient(parent);
        Managed scale = new Managed();
        List<PathElement> path = FieldSet.path(replicasPath);
        managed.entries().forEach((id, entry) -> {
            if (entry.fields().has(path)) {
                scale.entries().put(id, new Managed.Entry(only(IN_SCALE), SCALE_VERSION));
                scale.touch(id, managed.time(id));
            }
        });
        return scale.encode();
    }

    /** The entries for the object after its Scale was written: entries of the parent, replicas taken over by the writer. */
    public static ArrayNode toParent(ObjectNode parent, ArrayNode scaleEntries, String replicasPath) {
        Managed managed = Managed.lenient(parent);
        Managed scale = Managed.decode(scaleEntries);
        List<PathElement> path = FieldSet.path(replicasPath);
        String version = parent.path("apiVersion").asText();
        Managed result = new Managed();
        managed.entries().forEach((id, entry) -> {
            boolean stolen = entry.fields().has(path) && !scaleHas(scale, id);
            FieldSet rest = stolen ? entry.fields().difference(only(path)) : entry.fields();
            if (!rest.isEmpty()) {
                result.entries().put(id, new Managed.Entry(rest, entry.apiVersion()));
                result.touch(id, managed.time(id));
            }
        });
        scale.entries().forEach((id, entry) -> {
            boolean known = managed.entries().keySet().stream().anyMatch(other -> sameWriter(other, id));
            if (!known && entry.fields().has(IN_SCALE)) {
                result.entries().put(id, new Managed.Entry(only(path), version));
                result.touch(id, scale.time(id));
            }
        });
        return result.encode();
    }

    private static boolean scaleHas(Managed scale, Managed.Id id) {
        return scale.entries().keySet().stream().anyMatch(other -> sameWriter(id, other));
    }

    /** An update's entry has another version in the Scale, but is the same. */
    private static boolean sameWriter(Managed.Id a, Managed.Id b) {
        return a.name().equals(b.name())
                && a.operation() == b.operation()
                && a.subresource().equals(b.subresource());
    }

    private static FieldSet only(List<PathElement> path) {
        FieldSet set = new FieldSet();
        set.insert(path);
        return set;
    }
}
