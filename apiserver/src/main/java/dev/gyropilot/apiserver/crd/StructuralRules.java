package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What makes the schema of a CRD structural: that its shape is known without looking at values. */
final class StructuralRules {
    /** Deeper schemas are refused. */
    static final int MAX_DEPTH = 200;

    private static final Set<String> TYPES = Set.of("array", "boolean", "integer", "number", "object", "string");
    private static final List<String> JUNCTORS = List.of("anyOf", "allOf", "oneOf", "not");
    private static final List<String> UNSUPPORTED =
            List.of("$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties");
    private static final List<String> NOT_UNDER_JUNCTORS = List.of(
            "type",
            "additionalProperties",
            "default",
            "title",
            "description",
            "nullable",
            "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-embedded-resource",
            "x-kubernetes-int-or-string",
            "x-kubernetes-list-map-keys",
            "x-kubernetes-list-type",
            "x-kubernetes-map-type",
            "x-kubernetes-validations");

    private enum Level {
        ROOT("must not be empty at the root"),
        FIELD("must not be empty for specified object fields"),
        ITEM("must not be empty for specified array items");

        final String missingType;

        Level(String missingType) {
            this.missingType = missingType;
        }
    }

    private final List<FieldError> errors = new ArrayList<>();

    private StructuralRules() {}

    static List<FieldError> validate(ObjectNode schema, String path) {
        StructuralRules rules = new StructuralRules();
        rules.visit(schema, Level.ROOT, path, 0);
        rules.errors.sort(Comparator.comparing(FieldError::toString));
        return rules.errors;
    }

    private void visit(JsonNode schema, Level level, String path, int depth) {
        if (depth > MAX_DEPTH) {
            errors.add(FieldError.forbidden(path, "must not be nested deeper than " + MAX_DEPTH));
            return;
        }
        String type = schema.path("type").asText();
        boolean intOrString = schema.path("x-kubernetes-int-or-string").asBoolean(false);
        boolean preserves = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false);
        type(schema, level, path, type, intOrString || preserves);
        unsupported(schema, path);
        if (intOrString && preserves) {
            errors.add(FieldError.invalid(
                    path + ".x-kubernetes-preserve-unknown-fields",
                    "true",
                    "must be false if x-kubernetes-int-or-string is true"));
        }
        if (intOrString && !type.isEmpty()) {
            errors.add(FieldError.invalid(
                    path + ".type", Crds.quoted(type), "must be empty if x-kubernetes-int-or-string is true"));
        }
        if (schema.path("x-kubernetes-preserve-unknown-fields").isBoolean() && !preserves) {
            errors.add(FieldError.invalid(
                    path + ".x-kubernetes-preserve-unknown-fields", "false", "must be true or undefined"));
        }
        embedded(schema, path, type, preserves);
        lists(schema, path, type);
        maps(schema, level, path, type);
        pattern(schema, path);
        junctors(schema, path, intOrString, depth);
        completeness(schema, schema, path, depth);
        rules(schema, path);
        children(schema, level, path, depth);
    }

    private void children(JsonNode schema, Level level, String path, int depth) {
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String at = path + ".properties[" + property.getKey() + "]";
            if (level == Level.ROOT && property.getKey().equals("metadata")) {
                metadata(property.getValue(), at);
            } else {
                visit(property.getValue(), Level.FIELD, at, depth + 1);
            }
        }
        if (schema.path("items").isObject()) {
            visit(schema.path("items"), Level.ITEM, path + ".items", depth + 1);
        }
        if (schema.path("additionalProperties").isObject()) {
            visit(schema.path("additionalProperties"), Level.FIELD, path + ".additionalProperties", depth + 1);
        }
    }

    private void type(JsonNode schema, Level level, String path, String type, boolean free) {
        if (type.isEmpty()) {
            if (!free) {
                errors.add(FieldError.required(path + ".type", level.missingType));
            }
        } else if (!TYPES.contains(type)) {
            errors.add(FieldError.of(
                    FieldError.Type.NOT_SUPPORTED,
                    path + ".type",
                    schema.path("type").toString(),
                    "supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\""));
        } else if (level == Level.ROOT && !type.equals("object")) {
            errors.add(FieldError.invalid(path + ".type", Crds.quoted(type), "must be object at the root"));
        }
        if (level == Level.ROOT && schema.path("nullable").asBoolean(false)) {
            errors.add(FieldError.forbidden(path + ".nullable", "nullable cannot be true at the root"));
        }
    }

    private void unsupported(JsonNode schema, String path) {
        for (String keyword : UNSUPPORTED) {
            if (schema.hasNonNull(keyword)) {
                errors.add(FieldError.forbidden(path + "." + keyword, keyword + " is not supported"));
            }
        }
        if (schema.path("uniqueItems").asBoolean(false)) {
            errors.add(FieldError.forbidden(
                    path + ".uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        }
    }

    private void embedded(JsonNode schema, String path, String type, boolean preserves) {
        if (!schema.path("x-kubernetes-embedded-resource").asBoolean(false)) {
            return;
        }
        if (!type.equals("object")) {
            errors.add(FieldError.of(
                    type.isEmpty() ? FieldError.Type.REQUIRED : FieldError.Type.INVALID,
                    path + ".type",
                    type.isEmpty() ? "" : Crds.quoted(type),
                    "must be object if x-kubernetes-embedded-resource is true"));
        }
        if (schema.hasNonNull("additionalProperties")) {
            errors.add(FieldError.forbidden(
                    path + ".additionalProperties", "must not be used if x-kubernetes-embedded-resource is set"));
        }
        if (!preserves && schema.path("properties").isEmpty()) {
            errors.add(FieldError.required(
                    path + ".properties",
                    "must not be empty if x-kubernetes-embedded-resource is true without"
                            + " x-kubernetes-preserve-unknown-fields"));
        }
    }

    private void lists(JsonNode schema, String path, String type) {
        JsonNode items = schema.path("items");
        if (items.isArray()) {
            errors.add(FieldError.forbidden(path + ".items", "items must be a schema object and not an array"));
        } else if (type.equals("array") && !items.isObject()) {
            errors.add(FieldError.required(path + ".items", "must be specified"));
        }
        String listType = schema.path("x-kubernetes-list-type").asText();
        JsonNode keys = schema.path("x-kubernetes-list-map-keys");
        if (!listType.isEmpty() && !Set.of("atomic", "set", "map").contains(listType)) {
            errors.add(FieldError.of(
                    FieldError.Type.NOT_SUPPORTED,
                    path + ".x-kubernetes-list-type",
                    Crds.quoted(listType),
                    "supported values: \"atomic\", \"map\", \"set\""));
        }
        if (!listType.isEmpty() && !type.equals("array")) {
            errors.add(FieldError.of(
                    type.isEmpty() ? FieldError.Type.REQUIRED : FieldError.Type.INVALID,
                    path + ".type",
                    type.isEmpty() ? "" : Crds.quoted(type),
                    "must be array if x-kubernetes-list-type is specified"));
        }
        if (!keys.isEmpty() && !listType.equals("map")) {
            errors.add(FieldError.required(
                    path + ".x-kubernetes-list-type", "must be map if x-kubernetes-list-map-keys is non-empty"));
        }
        if (listType.equals("set")) {
            setItems(items, path);
        } else if (listType.equals("map")) {
            keyedItems(items, keys, path);
        }
        if (Set.of("set", "map").contains(listType) && items.path("nullable").asBoolean(false)) {
            errors.add(FieldError.forbidden(
                    path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is " + listType));
        }
    }

    private void setItems(JsonNode items, String path) {
        String type = items.path("type").asText();
        boolean list = type.equals("array")
                && !items.path("x-kubernetes-list-type").asText("atomic").equals("atomic");
        boolean map = type.equals("object")
                && !items.path("x-kubernetes-map-type").asText().equals("atomic");
        if (list || map) {
            errors.add(FieldError.invalid(
                    path + ".items.x-kubernetes-" + (list ? "list" : "map") + "-type",
                    "null",
                    "must be atomic as item of a list with x-kubernetes-list-type=set"));
        }
    }

    private void keyedItems(JsonNode items, JsonNode keys, String path) {
        if (keys.isEmpty()) {
            errors.add(FieldError.required(
                    path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"));
        }
        if (items.isObject() && !items.path("type").asText().equals("object")) {
            errors.add(FieldError.invalid(
                    path + ".items.type",
                    items.path("type").toString(),
                    "must be object if parent array's x-kubernetes-list-type is map"));
            return;
        }
        Set<String> required = new HashSet<>(CustomTypes.texts(items.path("required")));
        Set<String> seen = new HashSet<>();
        for (JsonNode key : keys) {
            JsonNode property = items.path("properties").path(key.asText());
            String at = path + ".items.properties[" + key.asText() + "]";
            if (property.isMissingNode()) {
                errors.add(FieldError.invalid(
                        path + ".x-kubernetes-list-map-keys",
                        keys.toString(),
                        "entries must all be names of item properties"));
                continue;
            }
            if (Set.of("object", "array").contains(property.path("type").asText())) {
                errors.add(FieldError.invalid(
                        at + ".type",
                        property.path("type").toString(),
                        "must be a scalar type if parent array's x-kubernetes-list-type is map"));
            }
            if (!seen.add(key.asText())) {
                errors.add(FieldError.invalid(
                        path + ".x-kubernetes-list-map-keys", keys.toString(), "must not contain duplicate entries"));
            }
            if (!property.has("default") && !required.contains(key.asText())) {
                errors.add(FieldError.required(
                        at + ".default",
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required"
                                + " property"));
            }
            if (property.path("nullable").asBoolean(false)) {
                errors.add(FieldError.forbidden(
                        at + ".nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
            }
        }
    }

    private void maps(JsonNode schema, Level level, String path, String type) {
        JsonNode additional = schema.path("additionalProperties");
        boolean hasAdditional = additional.isObject() || additional.asBoolean(false);
        if (hasAdditional && level == Level.ROOT) {
            errors.add(FieldError.forbidden(path + ".additionalProperties", "must not be used at the root"));
        }
        if (hasAdditional && !schema.path("properties").isEmpty()) {
            errors.add(FieldError.forbidden(
                    path + ".additionalProperties", "additionalProperties and properties are mutual exclusive"));
        }
        if (additional.isBoolean() && !additional.booleanValue()) {
            errors.add(FieldError.forbidden(
                    path + ".additionalProperties", "additionalProperties cannot be set to false"));
        }
        String mapType = schema.path("x-kubernetes-map-type").asText();
        if (!mapType.isEmpty() && !Set.of("atomic", "granular").contains(mapType)) {
            errors.add(FieldError.of(
                    FieldError.Type.NOT_SUPPORTED,
                    path + ".x-kubernetes-map-type",
                    Crds.quoted(mapType),
                    "supported values: \"atomic\", \"granular\""));
        }
        if (!mapType.isEmpty() && !type.equals("object")) {
            errors.add(FieldError.of(
                    type.isEmpty() ? FieldError.Type.REQUIRED : FieldError.Type.INVALID,
                    path + ".type",
                    type.isEmpty() ? "" : Crds.quoted(type),
                    "must be object if x-kubernetes-map-type is specified"));
        }
    }

    private void pattern(JsonNode schema, String path) {
        String pattern = schema.path("pattern").asText();
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            errors.add(FieldError.invalid(
                    path + ".pattern",
                    Crds.quoted(pattern),
                    "must be a valid regular expression, but isn't: " + e.getMessage()));
        }
    }

    /** The one place where types may stand under a junctor: the two alternatives of int-or-string. */
    private static boolean intOrStringAlternatives(JsonNode anyOf) {
        return anyOf.size() == 2
                && anyOf.get(0).size() == 1
                && anyOf.get(0).path("type").asText().equals("integer")
                && anyOf.get(1).size() == 1
                && anyOf.get(1).path("type").asText().equals("string");
    }

    private void junctors(JsonNode schema, String path, boolean intOrString, int depth) {
        for (String junctor : JUNCTORS) {
            JsonNode node = schema.path(junctor);
            if (node.isObject()) {
                nested(node, path + "." + junctor, false, depth + 1);
            }
            if (intOrString && junctor.equals("anyOf") && intOrStringAlternatives(node)) {
                continue;
            }
            for (int i = 0; node.isArray() && i < node.size(); i++) {
                boolean first = intOrString && junctor.equals("allOf") && i == 0;
                nested(node.get(i), path + "." + junctor + "[" + i + "]", first, depth + 1);
            }
        }
    }

    private void nested(JsonNode schema, String path, boolean intOrString, int depth) {
        if (depth > MAX_DEPTH) {
            errors.add(FieldError.forbidden(path, "must not be nested deeper than " + MAX_DEPTH));
            return;
        }
        for (String keyword : NOT_UNDER_JUNCTORS) {
            JsonNode value = schema.path(keyword);
            boolean set = !value.isMissingNode() && !(value.isBoolean() && !value.booleanValue());
            if (set) {
                errors.add(FieldError.forbidden(path + "." + keyword, forbiddenWords(keyword, value)));
            }
        }
        unsupported(schema, path);
        pattern(schema, path);
        junctors(schema, path, intOrString, depth);
        if (schema.path("items").isObject()) {
            nested(schema.path("items"), path + ".items", false, depth + 1);
        }
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String at = path + ".properties[" + property.getKey() + "]";
            if (property.getKey().equals("metadata")) {
                errors.add(FieldError.forbidden(at, "must not be specified in a nested context"));
            }
            nested(property.getValue(), at, false, depth + 1);
        }
    }

    private static String forbiddenWords(String keyword, JsonNode value) {
        return switch (keyword) {
            case "additionalProperties", "default", "x-kubernetes-list-type", "x-kubernetes-map-type" ->
                "must be undefined to be structural";
            default -> value.isBoolean() ? "must be false to be structural" : "must be empty to be structural";
        };
    }

    /** Every field that a junctor speaks of must be declared outside of it. */
    private void completeness(JsonNode schema, JsonNode validation, String path, int depth) {
        if (depth > MAX_DEPTH) {
            return;
        }
        for (String junctor : JUNCTORS) {
            JsonNode node = validation.path(junctor);
            if (node.isObject()) {
                declared(schema, node, path, depth + 1);
            }
            for (int i = 0; node.isArray() && i < node.size(); i++) {
                declared(schema, node.get(i), path, depth + 1);
            }
        }
    }

    private void declared(JsonNode schema, JsonNode nested, String path, int depth) {
        if (nested.path("items").isObject()) {
            if (schema.path("items").isObject()) {
                declared(schema.path("items"), nested.path("items"), path + ".items", depth + 1);
            } else {
                errors.add(FieldError.required(path + ".items", "because it is defined in " + path + ".items"));
            }
        }
        for (Map.Entry<String, JsonNode> property : nested.path("properties").properties()) {
            String at = path + ".properties[" + property.getKey() + "]";
            JsonNode known = schema.path("properties").path(property.getKey());
            known = known.isMissingNode() ? schema.path("additionalProperties") : known;
            if (known.isMissingNode()) {
                if (!property.getKey().equals("metadata")) {
                    errors.add(FieldError.required(at, "because it is defined in " + at));
                }
            } else {
                declared(known, property.getValue(), at, depth + 1);
            }
        }
        completeness(schema, nested, path, depth + 1);
    }

    private void metadata(JsonNode schema, String path) {
        if (!schema.path("type").asText().equals("object")) {
            errors.add(FieldError.invalid(path + ".type", schema.path("type").toString(), "must be object"));
        }
        Set<String> names = new HashSet<>();
        schema.path("properties").fieldNames().forEachRemaining(names::add);
        Set<String> keywords = new HashSet<>();
        schema.fieldNames().forEachRemaining(keywords::add);
        keywords.removeAll(Set.of("type", "properties", "description", "default"));
        names.removeAll(Set.of("name", "generateName"));
        if (!names.isEmpty() || !keywords.isEmpty()) {
            errors.add(
                    FieldError.forbidden(
                            path,
                            "must not specify anything other than name and generateName, but metadata is implicitly specified"));
        }
    }

    private void rules(JsonNode schema, String path) {
        JsonNode rules = schema.path("x-kubernetes-validations");
        for (int i = 0; i < rules.size(); i++) {
            JsonNode rule = rules.get(i);
            String at = path + ".x-kubernetes-validations[" + i + "]";
            String text = rule.path("rule").asText().strip();
            String message = rule.path("message").asText("");
            if (text.isEmpty()) {
                errors.add(FieldError.required(at + ".rule", "rule is not specified"));
            }
            if (rule.has("message") && !message.isEmpty() && message.isBlank()) {
                errors.add(FieldError.invalid(at + ".message", Crds.quoted(message), "must be non-empty if specified"));
            } else if (message.strip().indexOf('\n') >= 0) {
                errors.add(FieldError.invalid(at + ".message", Crds.quoted(message), "must not contain line breaks"));
            } else if (message.isBlank() && text.indexOf('\n') >= 0) {
                errors.add(
                        FieldError.required(at + ".message", "message must be specified if rule contains line breaks"));
            }
            String reason = rule.path("reason").asText("");
            if (!reason.isEmpty()
                    && !Set.of("FieldValueRequired", "FieldValueInvalid", "FieldValueForbidden", "FieldValueDuplicate")
                            .contains(reason)) {
                errors.add(FieldError.of(
                        FieldError.Type.NOT_SUPPORTED,
                        at + ".reason",
                        Crds.quoted(reason),
                        "supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\", \"FieldValueInvalid\","
                                + " \"FieldValueRequired\""));
            }
        }
    }
}
