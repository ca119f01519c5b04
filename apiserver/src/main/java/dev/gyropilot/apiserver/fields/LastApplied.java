package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;

/**
 * The annotation of client-side apply, for objects that change from it to server-side apply: for kubectl, a field that is
 * still as the annotation says is no conflict, and the annotation is kept current.
 */
final class LastApplied {
    static final String KUBECTL = "kubectl";
    private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
    private static final int MAX_ANNOTATIONS_BYTES = 256 << 10;
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED).build();

    private LastApplied() {}

    /** The fields of the annotation which the live object has with the same value. */
    static FieldSet stillAsApplied(ObjectNode live, ResourceType type) {
        String text = live.path("metadata").path("annotations").path(ANNOTATION).asText("");
        if (text.isEmpty()) {
            return new FieldSet();
        }
        try {
            JsonNode applied = JSON.readTree(text);
            if (!applied.path("apiVersion").asText().equals(type.apiVersion())) {
                return new FieldSet();
            }
            Shape shape = Shape.of(type.schema());
            Typed.check(shape, applied, false);
            Comparison comparison = Comparison.of(shape, applied, live);
            return Typed.fieldSet(shape, applied)
                    .difference(comparison.modified())
                    .difference(comparison.added())
                    .difference(comparison.removed());
        } catch (JsonProcessingException | NotTyped e) {
            return new FieldSet();
        }
    }

    /** Writes the configuration into the annotation of an object that has one. */
    static void refresh(ObjectNode object, ObjectNode config) {
        if (!(object.path("metadata").get("annotations") instanceof ObjectNode annotations)
                || annotations.path(ANNOTATION).asText("").isEmpty()) {
            return;
        }
        ObjectNode plain = config.deepCopy();
        if (plain.path("metadata").get("annotations") instanceof ObjectNode own) {
            own.remove(ANNOTATION);
        }
        try {
            annotations.put(ANNOTATION, JSON.writeValueAsString(plain) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree cannot be written", e);
        }
        long size = 0;
        for (var annotation : annotations.properties()) {
            size += annotation.getKey().length()
                    + annotation.getValue().asText().length();
        }
        if (size > MAX_ANNOTATIONS_BYTES) {
            annotations.remove(ANNOTATION);
        }
    }
}
