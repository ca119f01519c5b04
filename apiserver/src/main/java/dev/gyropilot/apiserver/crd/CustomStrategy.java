package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gyropilot.apiserver.cel.ValidationRules;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.Strategy;
import dev.gyropilot.apiserver.schema.Defaulting;
import dev.gyropilot.apiserver.schema.JsonSchema;
import dev.gyropilot.apiserver.schema.ListInvariants;
import dev.gyropilot.apiserver.schema.Pruning;
import dev.gyropilot.apiserver.schema.StructuralValidation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a CRD says about the objects of one of its versions. */
final class CustomStrategy implements Strategy {
    private static final Set<FieldError.Type> BLOCKING = Set.of(
            FieldError.Type.NOT_SUPPORTED,
            FieldError.Type.REQUIRED,
            FieldError.Type.TOO_LONG,
            FieldError.Type.TOO_MANY,
            FieldError.Type.TYPE_INVALID);

    private final String apiVersion;
    private final String kind;
    private final JsonSchema schema;
    private final boolean hasStatus;
    private final JsonNode scale;
    private final Map<String, String> selectable;
    private final ValidationRules rules;

    CustomStrategy(String apiVersion, String kind, JsonSchema schema, JsonNode version) {
        this.apiVersion = apiVersion;
        this.kind = kind;
        this.schema = schema;
        this.hasStatus = version.path("subresources").has("status");
        this.scale = version.path("subresources").path("scale");
        this.selectable = new LinkedHashMap<>();
        for (JsonNode field : version.path("selectableFields")) {
            String path = field.path("jsonPath").asText();
            selectable.put(path.startsWith(".") ? path.substring(1) : path, path);
        }
        this.rules = new ValidationRules(schema);
    }

    /** Prunes as well: look for unknown fields before. */
    @Override
    public void defaults(ObjectNode object) {
        Pruning.prune(object, schema);
        Defaulting.apply(object, schema);
    }

    @Override
    public void prepareForCreate(ObjectNode object) {
        if (hasStatus) {
            object.remove("status");
        }
    }

    @Override
    public void prepareForUpdate(ObjectNode before, ObjectNode object, String subresource) {
        if (subresource.equals("status")) {
            keepAllBut(before, object, "status");
        } else if (hasStatus) {
            take(before, object, "status");
        }
    }

    /** Only this field, resourceVersion and managedFields come from the request. */
    private static void keepAllBut(ObjectNode before, ObjectNode object, String written) {
        JsonNode value = object.get(written);
        JsonNode sent = object.path("metadata");
        object.removeAll();
        object.setAll(before.deepCopy());
        object.remove(written);
        if (value != null) {
            object.set(written, value);
        }
        ObjectNode metadata = object.withObject("/metadata");
        for (String name : List.of("managedFields", "resourceVersion")) {
            metadata.remove(name);
            if (sent.has(name)) {
                metadata.set(name, sent.get(name));
            }
        }
    }

    private static void take(ObjectNode before, ObjectNode object, String name) {
        JsonNode value = before.get(name);
        if (value == null) {
            object.remove(name);
        } else {
            object.set(name, value.deepCopy());
        }
    }

    @Override
    public List<FieldError> validateCreate(ObjectNode object) {
        return validate(object, null, "");
    }

    @Override
    public List<FieldError> validateUpdate(ObjectNode before, ObjectNode object, String subresource) {
        return validate(object, before, subresource);
    }

    private List<FieldError> validate(ObjectNode object, @Nullable ObjectNode before, String subresource) {
        List<FieldError> errors = new ArrayList<>(typeErrors(object));
        if (!errors.isEmpty()) {
            return errors;
        }
        errors.addAll(schemaErrors(object, before, subresource));
        errors.addAll(scaleErrors(object, subresource));
        errors.addAll(EmbeddedResources.validate(object, schema));
        if (before == null || ListInvariants.validate(schema, before).isEmpty()) {
            errors.addAll(ListInvariants.validate(schema, object));
        }
        boolean blocked = errors.stream().anyMatch(error -> BLOCKING.contains(error.type()));
        if (!blocked) {
            errors.addAll(rules.validate(object, before));
        } else if (rules.any()) {
            errors.add(FieldError.invalid(
                    "<nil>",
                    "null",
                    "some validation rules were not checked because the object was invalid; correct the existing errors to"
                            + " complete validation"));
        }
        return errors;
    }

    private List<FieldError> typeErrors(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        mustBe(errors, object, "kind", kind);
        mustBe(errors, object, "apiVersion", apiVersion);
        return errors;
    }

    private static void mustBe(List<FieldError> errors, ObjectNode object, String field, String expected) {
        String actual = object.path(field).asText();
        if (!actual.equals(expected)) {
            errors.add(FieldError.invalid(field, TextNode.valueOf(actual).toString(), "must be " + expected));
        }
    }

    private List<FieldError> schemaErrors(ObjectNode object, @Nullable ObjectNode before, String subresource) {
        if (!subresource.equals("status")) {
            return StructuralValidation.validate(schema, object, "", before);
        }
        JsonNode status = object.get("status");
        if (status == null || !(schema.properties().get("status") instanceof JsonSchema statusSchema)) {
            return List.of();
        }
        return StructuralValidation.validate(
                statusSchema, status, "status", before == null ? null : before.get("status"));
    }

    private List<FieldError> scaleErrors(ObjectNode object, String subresource) {
        if (scale.isMissingNode()) {
            return List.of();
        }
        List<FieldError> errors = new ArrayList<>();
        if (!subresource.equals("status")) {
            replicas(errors, object, scale.path("specReplicasPath").asText());
        }
        replicas(errors, object, scale.path("statusReplicasPath").asText());
        return errors;
    }

    private static void replicas(List<FieldError> errors, ObjectNode object, String path) {
        JsonNode replicas = at(object, path);
        if (replicas.isMissingNode() || replicas.isNull()) {
            return;
        }
        String value = replicas.toString();
        if (!replicas.isIntegralNumber()) {
            errors.add(FieldError.invalid(path, value, path + " must be an integer"));
        } else if (replicas.longValue() < 0) {
            errors.add(FieldError.invalid(path, value, "should be a non-negative integer"));
        } else if (replicas.longValue() > Integer.MAX_VALUE) {
            errors.add(FieldError.invalid(path, value, "should be less than or equal to " + Integer.MAX_VALUE));
        }
    }

    /** The value at a simple path such as {@code .spec.replicas}. */
    static JsonNode at(JsonNode object, String path) {
        JsonNode at = object;
        for (String name : (path.startsWith(".") ? path.substring(1) : path).split("\\.")) {
            at = at.path(name);
        }
        return at;
    }

    @Override
    public Set<String> resetFields(String subresource) {
        if (subresource.equals("status")) {
            return Set.of("metadata", "spec");
        }
        return hasStatus ? Set.of("status") : Set.of();
    }

    @Override
    public Map<String, String> selectableFields(ObjectNode object) {
        Map<String, String> values = new LinkedHashMap<>();
        selectable.forEach((name, path) -> values.put(name, at(object, path).asText("")));
        return values;
    }

    @Override
    public Set<String> selectableFieldNames() {
        return selectable.keySet();
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
        List<String> warnings = new ArrayList<>();
        for (JsonNode finalizer : object.path("metadata").path("finalizers")) {
            String name = finalizer.asText();
            if (name.contains("/")
                    || Set.of("orphan", "foregroundDeletion", "kubernetes").contains(name)) {
                continue;
            }
            warnings.add("metadata.finalizers: \"" + name + "\": prefer a domain-qualified finalizer name"
                    + (name.contains(".") ? " including a path (/)" : "")
                    + " to avoid accidental conflicts with other finalizer writers");
        }
        return warnings;
    }
}
