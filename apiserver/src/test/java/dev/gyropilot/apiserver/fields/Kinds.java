package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.Strategy;
import dev.gyropilot.apiserver.schema.OpenApiSchemas;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Kinds and values for tests. */
final class Kinds {
    static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private Kinds() {}

    static ObjectNode yaml(String text) {
        try {
            return (ObjectNode) YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    static JsonNode tree(String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** A schema by an OpenAPI document's rules. */
    static Schema schema(String text) {
        ObjectNode schemas = YAML.createObjectNode();
        schemas.set("it", yaml(text));
        return new OpenApiSchemas(schemas).schema("it");
    }

    static ResourceType type(String group, String version, String kind, Schema schema, boolean custom) {
        return new ResourceType(
                group,
                version,
                kind,
                kind + "List",
                kind.toLowerCase(java.util.Locale.ROOT) + "s",
                "",
                List.of(),
                List.of(),
                true,
                Set.of(),
                Map.of(),
                schema,
                new Plain(),
                List.of(),
                custom);
    }

    /** A kind with status. */
    private static final class Plain implements Strategy {
        @Override
        public void defaults(ObjectNode object) {}

        @Override
        public void prepareForCreate(ObjectNode object) {}

        @Override
        public void prepareForUpdate(ObjectNode before, ObjectNode object, String subresource) {}

        @Override
        public List<FieldError> validateCreate(ObjectNode object) {
            return List.of();
        }

        @Override
        public List<FieldError> validateUpdate(ObjectNode before, ObjectNode object, String subresource) {
            return List.of();
        }

        @Override
        public Set<String> resetFields(String subresource) {
            return subresource.equals("status") ? Set.of("spec", "metadata") : Set.of("status");
        }

        @Override
        public Map<String, String> selectableFields(ObjectNode object) {
            return Map.of();
        }

        @Override
        public Set<String> selectableFieldNames() {
            return Set.of();
        }

        @Override
        public boolean createsOnUpdate() {
            return false;
        }

        @Override
        public boolean allowsUnconditionalUpdate() {
            return false;
        }

        @Override
        public List<String> warnings(ObjectNode object) {
            return List.of();
        }
    }
}
