package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.NameRules;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.FieldError.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rules of {@code metadata} that hold for all kinds. */
final class MetaRules {
    private static final int MAX_ANNOTATIONS_BYTES = 256 << 10;
    private static final String AT = "metadata.";

    private final List<FieldError> errors = new ArrayList<>();

    /** @param custom whether the name must be checked here; the built-in kinds have rules of their own */
    static List<FieldError> onCreate(ObjectNode object, boolean custom) {
        MetaRules rules = new MetaRules();
        String name = Meta.name(object);
        if (name.isEmpty()) {
            rules.errors.add(FieldError.required("metadata.name", "name or generateName is required"));
        } else if (custom) {
            NameRules.subdomain(name)
                    .forEach(wrong -> rules.errors.add(FieldError.invalid("metadata.name", quoted(name), wrong)));
        }
        rules.common(object);
        return rules.errors;
    }

    static List<FieldError> onUpdate(ObjectNode before, ObjectNode object) {
        MetaRules rules = new MetaRules();
        rules.common(object);
        for (String field : List.of("name", "namespace", "uid")) {
            if (!Meta.text(before, field).equals(Meta.text(object, field))) {
                rules.errors.add(
                        FieldError.invalid(AT + field, quoted(Meta.text(object, field)), "field is immutable"));
            }
        }
        if (Meta.deleting(before)) {
            for (JsonNode finalizer : object.path("metadata").path("finalizers")) {
                if (!Meta.hasFinalizer(before, finalizer.asText())) {
                    rules.errors.add(FieldError.forbidden(
                            "metadata.finalizers",
                            "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                                    + quoted(finalizer.asText()) + "}"));
                }
            }
        }
        return rules.errors;
    }

    private void common(ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        labels(metadata.path("labels"));
        annotations(metadata.path("annotations"));
        owners(metadata.path("ownerReferences"));
        for (JsonNode finalizer : metadata.path("finalizers")) {
            NameRules.qualified(finalizer.asText())
                    .forEach(wrong ->
                            errors.add(FieldError.invalid("metadata.finalizers", quoted(finalizer.asText()), wrong)));
        }
    }

    private void labels(JsonNode labels) {
        for (Map.Entry<String, JsonNode> label : labels.properties()) {
            NameRules.qualified(label.getKey())
                    .forEach(wrong -> errors.add(FieldError.invalid("metadata.labels", quoted(label.getKey()), wrong)));
            String value = label.getValue().asText();
            NameRules.labelValue(value)
                    .forEach(wrong -> errors.add(FieldError.invalid("metadata.labels", quoted(value), wrong)));
        }
    }

    private void annotations(JsonNode annotations) {
        long bytes = 0;
        for (Map.Entry<String, JsonNode> annotation : annotations.properties()) {
            String key = annotation.getKey();
            NameRules.qualified(key.toLowerCase(Locale.ROOT))
                    .forEach(wrong -> errors.add(FieldError.invalid("metadata.annotations", quoted(key), wrong)));
            bytes += key.length() + annotation.getValue().asText().getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > MAX_ANNOTATIONS_BYTES) {
            errors.add(FieldError.of(
                    Type.TOO_LONG,
                    "metadata.annotations",
                    "",
                    "may not be more than " + MAX_ANNOTATIONS_BYTES + " bytes"));
        }
    }

    private void owners(JsonNode owners) {
        int controllers = 0;
        for (int i = 0; i < owners.size(); i++) {
            JsonNode owner = owners.path(i);
            for (String field : List.of("apiVersion", "kind", "name", "uid")) {
                if (owner.path(field).asText("").isEmpty()) {
                    errors.add(FieldError.invalid(
                            "metadata.ownerReferences." + field, "\"\"", field + " must not be empty"));
                }
            }
            if (owner.path("controller").asBoolean(false) && ++controllers > 1) {
                errors.add(FieldError.invalid(
                        "metadata.ownerReferences",
                        owners.toString(),
                        "Only one reference can have Controller set to true"));
            }
        }
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }
}
