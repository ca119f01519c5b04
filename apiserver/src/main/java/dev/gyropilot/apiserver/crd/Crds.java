package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gyropilot.apiserver.cel.ValidationRules;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Defaults and validation of CustomResourceDefinition objects themselves ({@code apiextensions.k8s.io/v1}). */
public final class Crds {
    /** A version may name no more selectable fields. */
    public static final int MAX_SELECTABLE_FIELDS = 8;

    private static final String APPROVED = "api-approved.kubernetes.io";
    private static final String APPROVAL_RULE = "protected groups must have approval annotation \"" + APPROVED
            + "\", see https://github.com/kubernetes/enhancements/pull/1111";
    private static final Set<String> COLUMN_TYPES = Set.of("boolean", "date", "integer", "number", "string");
    private static final Set<String> SELECTABLE_TYPES = Set.of("string", "integer", "boolean");

    private Crds() {}

    /** Adds singular, listKind, conversion None and the stored version, in place. */
    public static void defaults(ObjectNode crd) {
        ObjectNode names = crd.withObject("/spec").withObject("/names");
        String kind = names.path("kind").asText();
        if (names.path("singular").asText().isEmpty()) {
            names.put("singular", kind.toLowerCase(Locale.ROOT));
        }
        if (names.path("listKind").asText().isEmpty() && !kind.isEmpty()) {
            names.put("listKind", kind + "List");
        }
        if (!crd.path("spec").hasNonNull("conversion")) {
            crd.withObject("/spec").putObject("conversion").put("strategy", "None");
        }
        noteStoredVersion(crd);
    }

    /** Adds the storage version to {@code status.storedVersions}. */
    public static void noteStoredVersion(ObjectNode crd) {
        for (JsonNode version : crd.path("spec").path("versions")) {
            if (version.path("storage").asBoolean(false)) {
                ArrayNode stored = crd.withObject("/status").withArray("/storedVersions");
                for (JsonNode each : stored) {
                    if (each.asText().equals(version.path("name").asText())) {
                        return;
                    }
                }
                stored.add(version.path("name").asText());
                return;
            }
        }
    }

    /** Findings about a new CRD; compiles its validation rules. */
    public static List<FieldError> validateCreate(ObjectNode crd) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode spec = crd.path("spec");
        name(crd, errors);
        group(spec.path("group").asText(), errors);
        scope(spec, errors);
        names(spec.path("names"), errors);
        versions(spec, errors);
        conversion(spec.path("conversion"), errors);
        if (spec.path("preserveUnknownFields").asBoolean(false)) {
            errors.add(FieldError.invalid(
                    "spec.preserveUnknownFields",
                    "true",
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema"
                            + " instead"));
        }
        approval(crd, errors);
        return errors;
    }

    /** Findings about a changed CRD. What cannot change: group, scope, plural and kind once established. */
    public static List<FieldError> validateUpdate(ObjectNode before, ObjectNode crd) {
        List<FieldError> errors = new ArrayList<>();
        if (JsonValues.same(before.path("spec"), crd.path("spec"))) {
            approval(crd, errors); // a write of the status, or of the same once more, need not compile every rule again
        } else {
            errors.addAll(validateCreate(crd));
        }
        immutable(before, crd, "group", errors);
        immutable(before, crd, "scope", errors);
        JsonNode oldNames = before.path("spec").path("names");
        JsonNode names = crd.path("spec").path("names");
        for (String name : List.of("kind", "plural")) {
            if (!JsonValues.same(oldNames.path(name), names.path(name))) {
                errors.add(FieldError.invalid(
                        "spec.names." + name, names.path(name).toString(), "field is immutable"));
            }
        }
        Set<String> present = new HashSet<>();
        crd.path("spec")
                .path("versions")
                .forEach(version -> present.add(version.path("name").asText()));
        JsonNode stored = crd.path("status").path("storedVersions");
        for (int i = 0; i < stored.size(); i++) {
            String version = stored.get(i).asText();
            if (!present.contains(version)) {
                errors.add(FieldError.invalid(
                        "status.storedVersions[" + i + "]",
                        quoted(version),
                        "missing from spec.versions; " + version
                                + " was previously a storage version, and must remain in spec.versions until a storage"
                                + " migration ensures no data remains persisted in " + version + " and removes "
                                + version + " from status.storedVersions"));
            }
        }
        return errors;
    }

    private static void immutable(ObjectNode before, ObjectNode crd, String field, List<FieldError> errors) {
        JsonNode value = crd.path("spec").path(field);
        if (!JsonValues.same(before.path("spec").path(field), value)) {
            errors.add(FieldError.invalid("spec." + field, value.toString(), "field is immutable"));
        }
    }

    private static void name(ObjectNode crd, List<FieldError> errors) {
        JsonNode spec = crd.path("spec");
        String name = crd.path("metadata").path("name").asText();
        String required = spec.path("names").path("plural").asText() + "."
                + spec.path("group").asText();
        if (!name.equals(required)) {
            errors.add(FieldError.invalid("metadata.name", quoted(name), "must be spec.names.plural+\".\"+spec.group"));
        }
    }

    private static void group(String group, List<FieldError> errors) {
        String wrong = Names.subdomain(group);
        if (group.isEmpty()) {
            errors.add(FieldError.required("spec.group", ""));
        } else if (!wrong.isEmpty()) {
            errors.add(FieldError.invalid("spec.group", quoted(group), wrong));
        } else if (!group.contains(".")) {
            errors.add(FieldError.invalid("spec.group", quoted(group), "should be a domain with at least one dot"));
        }
    }

    private static void scope(JsonNode spec, List<FieldError> errors) {
        String scope = spec.path("scope").asText();
        if (scope.isEmpty()) {
            errors.add(FieldError.required("spec.scope", ""));
        } else if (!Set.of("Cluster", "Namespaced").contains(scope)) {
            errors.add(FieldError.of(
                    FieldError.Type.NOT_SUPPORTED,
                    "spec.scope",
                    quoted(scope),
                    "supported values: \"Cluster\", \"Namespaced\""));
        }
    }

    private static void names(JsonNode names, List<FieldError> errors) {
        for (String field : List.of("plural", "singular", "kind", "listKind")) {
            String name = names.path(field).asText();
            boolean mixed = field.endsWith("ind");
            String wrong = Names.label(mixed ? name.toLowerCase(Locale.ROOT) : name);
            if (name.isEmpty()) {
                errors.add(FieldError.required("spec.names." + field, ""));
            } else if (!wrong.isEmpty()) {
                errors.add(FieldError.invalid(
                        "spec.names." + field,
                        quoted(name),
                        (mixed ? "may have mixed case, but should otherwise match: " : "") + wrong));
            }
        }
        for (String field : List.of("shortNames", "categories")) {
            for (int i = 0; i < names.path(field).size(); i++) {
                String name = names.path(field).get(i).asText();
                String wrong = Names.label(name);
                if (!wrong.isEmpty()) {
                    errors.add(FieldError.invalid("spec.names." + field + "[" + i + "]", quoted(name), wrong));
                }
            }
        }
        if (!names.path("kind").asText().isEmpty() && names.path("kind").equals(names.path("listKind"))) {
            errors.add(FieldError.invalid(
                    "spec.names.listKind", names.path("listKind").toString(), "kind and listKind may not be the same"));
        }
    }

    private static void versions(JsonNode spec, List<FieldError> errors) {
        JsonNode versions = spec.path("versions");
        Set<String> seen = new HashSet<>();
        int stored = 0;
        for (int i = 0; i < versions.size(); i++) {
            JsonNode version = versions.get(i);
            String path = "spec.versions[" + i + "]";
            String name = version.path("name").asText();
            String wrong = Names.label(name);
            if (!wrong.isEmpty()) {
                errors.add(FieldError.invalid(path + ".name", quoted(name), wrong));
            }
            if (!seen.add(name)) {
                errors.add(FieldError.invalid("spec.versions", quoted(name), "must contain unique version names"));
            }
            stored += version.path("storage").asBoolean(false) ? 1 : 0;
            version(version, path, errors);
        }
        if (stored != 1) {
            errors.add(FieldError.invalid(
                    "spec.versions", versions.toString(), "must have exactly one version marked as storage version"));
        }
    }

    private static void version(JsonNode version, String path, List<FieldError> errors) {
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        if (!(schema instanceof ObjectNode root)) {
            errors.add(FieldError.required(path + ".schema.openAPIV3Schema", "schemas are required"));
            return;
        }
        List<FieldError> structural = StructuralRules.validate(root, path + ".schema.openAPIV3Schema");
        errors.addAll(structural);
        columns(version.path("additionalPrinterColumns"), path, errors);
        scale(version.path("subresources").path("scale"), path, errors);
        if (structural.isEmpty()) {
            selectable(version, path, errors);
            errors.addAll(DefaultRules.validate(root, path + ".schema.openAPIV3Schema"));
            errors.addAll(new ValidationRules(CustomTypes.schema(version)).compile(path + ".schema.openAPIV3Schema"));
        }
    }

    private static void columns(JsonNode columns, String path, List<FieldError> errors) {
        for (int i = 0; i < columns.size(); i++) {
            JsonNode column = columns.get(i);
            String at = path + ".additionalPrinterColumns[" + i + "]";
            if (column.path("name").asText().isEmpty()) {
                errors.add(FieldError.required(at + ".name", ""));
            }
            String type = column.path("type").asText();
            String known = "must be one of boolean,date,integer,number,string";
            if (type.isEmpty()) {
                errors.add(FieldError.required(at + ".type", known));
            } else if (!COLUMN_TYPES.contains(type)) {
                errors.add(FieldError.invalid(at + ".type", quoted(type), known));
            }
            if (column.path("jsonPath").asText().isEmpty()) {
                errors.add(FieldError.required(at + ".JSONPath", ""));
            }
        }
    }

    private static void scale(JsonNode scale, String path, List<FieldError> errors) {
        if (!scale.isObject()) {
            return;
        }
        String at = path + ".subresources.scale.";
        for (String part : List.of("spec", "status")) {
            String field = part + "ReplicasPath";
            String value = scale.path(field).asText();
            if (value.isEmpty()) {
                errors.add(FieldError.required(at + field, ""));
            } else if (!value.startsWith("." + part + ".")) {
                errors.add(FieldError.invalid(at + field, quoted(value), "should be a json path under ." + part));
            }
        }
        String selector = scale.path("labelSelectorPath").asText();
        if (!selector.isEmpty() && !selector.startsWith(".spec.") && !selector.startsWith(".status.")) {
            errors.add(FieldError.invalid(
                    at + "labelSelectorPath", quoted(selector), "should be a json path under either .spec or .status"));
        }
    }

    private static void selectable(JsonNode version, String path, List<FieldError> errors) {
        JsonNode fields = version.path("selectableFields");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < fields.size(); i++) {
            String at = path + ".selectableFields[" + i + "].jsonPath";
            String jsonPath = fields.get(i).path("jsonPath").asText();
            if (jsonPath.isEmpty()) {
                errors.add(FieldError.required(at, ""));
                continue;
            }
            if (!jsonPath.startsWith(".")) {
                errors.add(FieldError.invalid(
                        at, quoted(jsonPath), "is an invalid path: must be a simple json path starting with ."));
                continue;
            }
            if (jsonPath.startsWith(".metadata")) {
                errors.add(FieldError.invalid(at, quoted(jsonPath), "must not point to fields in metadata"));
            }
            JsonNode schema = version.path("schema").path("openAPIV3Schema");
            for (String name : jsonPath.substring(1).split("\\.")) {
                schema = schema.path("properties").path(name);
            }
            if (!SELECTABLE_TYPES.contains(schema.path("type").asText())) {
                errors.add(FieldError.invalid(
                        at,
                        quoted(jsonPath),
                        "must point to a field of type string, boolean or integer. Enum string fields and strings with"
                                + " formats are allowed."));
            }
            if (!seen.add(jsonPath)) {
                errors.add(FieldError.duplicate(at, quoted(jsonPath)));
            }
        }
        if (seen.size() > MAX_SELECTABLE_FIELDS) {
            errors.add(FieldError.of(
                    FieldError.Type.TOO_MANY,
                    path + ".selectableFields",
                    Integer.toString(seen.size()),
                    "must have at most " + MAX_SELECTABLE_FIELDS + " items"));
        }
    }

    private static void conversion(JsonNode conversion, List<FieldError> errors) {
        String strategy = conversion.path("strategy").asText("None");
        if (!Set.of("None", "Webhook").contains(strategy)) {
            errors.add(FieldError.of(
                    FieldError.Type.NOT_SUPPORTED,
                    "spec.conversion.strategy",
                    quoted(strategy),
                    "supported values: \"None\", \"Webhook\""));
        }
        if (strategy.equals("None") && conversion.has("webhook")) {
            errors.add(FieldError.forbidden(
                    "spec.conversion.webhookClientConfig", "should not be set when strategy is not set to Webhook"));
        }
    }

    private static void approval(ObjectNode crd, List<FieldError> errors) {
        String group = crd.path("spec").path("group").asText();
        boolean isProtected = group.equals("k8s.io")
                || group.endsWith(".k8s.io")
                || group.equals("kubernetes.io")
                || group.endsWith(".kubernetes.io");
        if (!isProtected) {
            return;
        }
        String value = crd.path("metadata").path("annotations").path(APPROVED).asText("");
        String field = "metadata.annotations[" + APPROVED + "]";
        if (value.isEmpty()) {
            errors.add(FieldError.required(field, APPROVAL_RULE));
        } else if (!value.startsWith("unapproved") && !value.contains("://")) {
            errors.add(FieldError.invalid(
                    field,
                    quoted(value),
                    "protected groups must have approval annotation \"" + APPROVED
                            + "\" with either a URL or a reason starting with \"unapproved\", see"
                            + " https://github.com/kubernetes/enhancements/pull/1111"));
        }
    }

    static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
