package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Fields that an applier wants to change and others own. */
final class Conflicts extends RuntimeException {
    private final transient Map<Managed.Id, FieldSet> fields;

    Conflicts(Map<Managed.Id, FieldSet> fields) {
        super(fields.toString(), null, false, false);
        this.fields = fields;
    }

    /** Those that are not in the set; empty when all are. */
    Map<Managed.Id, FieldSet> beyond(FieldSet allowed) {
        Map<Managed.Id, FieldSet> rest = new TreeMap<>();
        fields.forEach((id, set) -> {
            FieldSet beyond = set.difference(allowed);
            if (!beyond.isEmpty()) {
                rest.put(id, beyond);
            }
        });
        return rest;
    }

    /** 409 with a cause for each field. */
    ApiError toApiError() {
        ObjectNode details = JsonNodeFactory.instance.objectNode();
        ArrayNode causes = details.putArray("causes");
        List<String> lines = new ArrayList<>();
        fields.forEach((id, set) -> {
            lines.add("conflicts with " + id + ":");
            set.forEach(path -> {
                lines.add("- " + FieldSet.text(path));
                causes.addObject()
                        .put("reason", "FieldManagerConflict")
                        .put("message", "conflict with " + id)
                        .put("field", FieldSet.text(path));
            });
        });
        String message = causes.size() == 1
                ? "Apply failed with 1 conflict: "
                        + causes.get(0).path("message").asText() + ": "
                        + causes.get(0).path("field").asText()
                : "Apply failed with " + causes.size() + " conflicts: " + String.join("\n", lines);
        return new ApiError(409, "Conflict", message, details);
    }
}
