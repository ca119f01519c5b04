package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.schema.JsonSchema;
import dev.gyropilot.apiserver.schema.Schema;
import dev.gyropilot.apiserver.schema.StructuralSchema;
import dev.gyropilot.apiserver.schema.StructuralValidation;
import dev.gyropilot.apiserver.schema.UnknownFields;
import java.util.ArrayList;
import java.util.List;

/** The defaults of a schema must themselves be valid, and known to it. */
final class DefaultRules {
    private DefaultRules() {}

    static List<FieldError> validate(ObjectNode schema, String path) {
        List<FieldError> errors = new ArrayList<>();
        visit(StructuralSchema.of(schema), path, errors, true);
        return errors;
    }

    private static void visit(JsonSchema schema, String path, List<FieldError> errors, boolean root) {
        JsonNode value = schema.defaultValue();
        if (value != null) {
            errors.addAll(StructuralValidation.validate(schema, value, path + ".default", null));
            if (value instanceof ObjectNode object
                    && !UnknownFields.find(object, schema).isEmpty()) {
                errors.add(FieldError.invalid(
                        path + ".default",
                        value.toString(),
                        "must not have unknown fields: " + String.join(", ", UnknownFields.find(object, schema))));
            }
        }
        schema.properties().forEach((name, property) -> {
            if (!(root && name.equals("metadata"))) {
                below(property, path + ".properties[" + name + "]", errors);
            }
        });
        below(schema.items(), path + ".items", errors);
        below(schema.additionalProperties(), path + ".additionalProperties", errors);
    }

    private static void below(@org.jspecify.annotations.Nullable Schema schema, String path, List<FieldError> errors) {
        if (schema instanceof JsonSchema json) {
            visit(json, path, errors, false);
        }
    }
}
