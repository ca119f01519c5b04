package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Translates managedFields entries between a kind and its {@code autoscaling/v1 Scale}, which owns only the replicas. */
public final class ScaleFields {
    private ScaleFields() {}

    /**
     * The entries for a Scale made of this object.
     *
     * @param replicasPath dotted, such as {@code spec.replicas}
     */
    public static ArrayNode toScale(ObjectNode parent, String replicasPath) {
        return com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.arrayNode();
    }

    /** The entries for the object after its Scale was written: entries of the parent, replicas taken over by the writer. */
    public static ArrayNode toParent(ObjectNode parent, ArrayNode scaleEntries, String replicasPath) {
        return com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.arrayNode();
    }
}
