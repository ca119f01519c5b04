package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads and writes {@code metadata}. */
final class Meta {
    /** The metadata, made if it is missing. */
    static ObjectNode of(ObjectNode object) {
        return object.get("metadata") instanceof ObjectNode metadata ? metadata : object.putObject("metadata");
    }

    /** A text of the metadata, or empty. */
    static String text(ObjectNode object, String field) {
        return object.path("metadata").path(field).asText("");
    }

    static String name(ObjectNode object) {
        return text(object, "name");
    }

    static String namespace(ObjectNode object) {
        return text(object, "namespace");
    }

    static String resourceVersion(ObjectNode object) {
        return text(object, "resourceVersion");
    }

    static String uid(ObjectNode object) {
        return text(object, "uid");
    }

    static boolean deleting(ObjectNode object) {
        return object.path("metadata").path("deletionTimestamp").isTextual();
    }

    static boolean hasFinalizers(ObjectNode object) {
        return !object.path("metadata").path("finalizers").isEmpty();
    }

    static boolean hasFinalizer(ObjectNode object, String finalizer) {
        for (JsonNode each : object.path("metadata").path("finalizers")) {
            if (each.asText().equals(finalizer)) {
                return true;
            }
        }
        return false;
    }

    static void addFinalizer(ObjectNode object, String finalizer) {
        if (!hasFinalizer(object, finalizer)) {
            of(object).withArrayProperty("finalizers").add(finalizer);
        }
    }

    static void removeFinalizer(ObjectNode object, String finalizer) {
        if (of(object).get("finalizers") instanceof com.fasterxml.jackson.databind.node.ArrayNode finalizers) {
            for (int i = finalizers.size() - 1; i >= 0; i--) {
                if (finalizers.get(i).asText().equals(finalizer)) {
                    finalizers.remove(i);
                }
            }
            if (finalizers.isEmpty()) {
                of(object).remove("finalizers");
            }
        }
    }

    static Map<String, String> labels(ObjectNode object) {
        Map<String, String> labels = new LinkedHashMap<>();
        object.path("metadata")
                .path("labels")
                .properties()
                .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
        return labels;
    }

    private Meta() {}
}
