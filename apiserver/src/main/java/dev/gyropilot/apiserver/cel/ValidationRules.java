package dev.gyropilot.apiserver.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.gyropilot.api.cel.CelBudget;
import dev.gyropilot.api.cel.CelProblem;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.schema.JsonSchema;
import dev.gyropilot.apiserver.schema.JsonValues;
import dev.gyropilot.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The {@code x-kubernetes-validations} of one schema: compiled on first use, then kept. A rule sees its value as {@code self}
 * and, on an update, the stored one as {@code oldSelf}; items of keyed lists are found again by their keys, other items have
 * no stored value. What an update leaves as it was is not refused for a rule that it broke before. Thread-safe.
 */
public final class ValidationRules {
    static final String KEYWORD = "x-kubernetes-validations";

    private final JsonSchema schema;
    private @Nullable Node compiled;
    private @Nullable Boolean any;

    public ValidationRules(JsonSchema schema) {
        this.schema = schema;
    }

    /** A node of the schema that has rules, or has such nodes below. */
    private static final class Node {
        final JsonSchema schema;
        final List<Rule> rules = new ArrayList<>();
        final Map<String, Node> properties = new LinkedHashMap<>();

        @Nullable
        Node items;

        @Nullable
        Node additional;

        Node(JsonSchema schema) {
            this.schema = schema;
        }
    }

    /** Whether there are rules at all. */
    public synchronized boolean any() {
        if (any == null) {
            any = hasRules(schema.raw());
        }
        return any;
    }

    private static boolean hasRules(JsonNode raw) {
        if (!raw.path(KEYWORD).isEmpty() || hasRules(raw.path("items"), raw.path("additionalProperties"))) {
            return true;
        }
        for (JsonNode property : raw.path("properties")) {
            if (hasRules(property)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasRules(JsonNode items, JsonNode additional) {
        return (items.isObject() && hasRules(items)) || (additional.isObject() && hasRules(additional));
    }

    /**
     * Findings about rules that do not compile.
     *
     * @param path of the schema in its CRD, such as {@code spec.versions[0].schema.openAPIV3Schema}
     */
    public List<FieldError> compile(String path) {
        List<FieldError> errors = new ArrayList<>();
        if (any()) {
            new Compiler(schema, errors).compile(schema, path, "");
        }
        return errors;
    }

    private synchronized Node compiled() {
        if (compiled == null) {
            compiled = new Compiler(schema, new ArrayList<>()).compile(schema, "", "");
        }
        return compiled;
    }

    private static final class Compiler {
        private final JsonSchema root;
        private final List<FieldError> errors;

        Compiler(JsonSchema root, List<FieldError> errors) {
            this.root = root;
            this.errors = errors;
        }

        /** @param uncorrelatable path of the list below which no stored value is found, or empty */
        Node compile(JsonSchema schema, String path, String uncorrelatable) {
            Node node = new Node(schema);
            rules(schema, node, path, uncorrelatable);
            for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
                if (property.getValue() instanceof JsonSchema known && hasRules(known.raw())) {
                    String at = path + ".properties[" + property.getKey() + "]";
                    node.properties.put(property.getKey(), compile(known, at, uncorrelatable));
                }
            }
            JsonSchema items = schema.items();
            if (items != null && hasRules(items.raw())) {
                boolean lost = !uncorrelatable.isEmpty() || !schema.listType().equals("map");
                String cause = uncorrelatable.isEmpty() ? path : uncorrelatable;
                node.items = compile(items, path + ".items", lost ? cause : "");
            }
            JsonSchema additional = schema.additionalProperties();
            if (additional != null && hasRules(additional.raw())) {
                node.additional = compile(additional, path + ".additionalProperties", uncorrelatable);
            }
            return node;
        }

        private void rules(JsonSchema schema, Node node, String path, String uncorrelatable) {
            JsonNode sources = schema.raw().path(KEYWORD);
            if (sources.isEmpty()) {
                return;
            }
            SchemaTypes types = new SchemaTypes();
            CelType self = types.typeOf(schema, schema.equals(root));
            for (int i = 0; i < sources.size(); i++) {
                String at = path + "." + KEYWORD + "[" + i + "]";
                try {
                    Rule rule = Rule.compile(sources.get(i), self, types.structs());
                    if (rule.transition() && !uncorrelatable.isEmpty()) {
                        errors.add(FieldError.invalid(
                                at + ".rule",
                                sources.get(i).path("rule").toString(),
                                "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                                        + uncorrelatable));
                    } else {
                        node.rules.add(rule);
                    }
                } catch (CelProblem problem) {
                    errors.add(FieldError.invalid(
                            at + ".rule", sources.get(i).toString(), String.valueOf(problem.getMessage())));
                }
            }
        }
    }

    /** Findings of the rules; {@code old} is null on create. */
    public List<FieldError> validate(ObjectNode object, @Nullable ObjectNode old) {
        if (!any()) {
            return List.of();
        }
        Run run = new Run(CelBudget.perObject());
        Object oldValue = old == null ? null : SchemaValues.of(schema, old, true);
        run.visit(compiled(), object, SchemaValues.of(schema, object, true), old, oldValue, "");
        return run.errors;
    }

    /** Walks over an object and its values side by side. */
    private static final class Run {
        private final List<FieldError> errors = new ArrayList<>();
        private final CelBudget budget;

        Run(CelBudget budget) {
            this.budget = budget;
        }

        void visit(
                Node node,
                JsonNode json,
                Object value,
                @Nullable JsonNode oldJson,
                @Nullable Object oldValue,
                String path) {
            if (json.isNull() || budget.exhausted()) {
                return;
            }
            boolean hasOld = oldJson != null && !oldJson.isNull() && oldValue != null;
            for (Rule rule : node.rules) {
                if (!rule.transition() || hasOld || rule.optionalOld()) {
                    check(rule, json, value, hasOld ? oldJson : null, hasOld ? oldValue : null, path);
                }
            }
            if (value instanceof Map<?, ?> map) {
                fields(node, json, map, oldJson, oldValue, path);
            } else if (value instanceof List<?> list && node.items != null) {
                items(node, node.items, json, list, oldJson, oldValue, path);
            }
        }

        private void check(
                Rule rule,
                JsonNode json,
                Object value,
                @Nullable JsonNode oldJson,
                @Nullable Object oldValue,
                String path) {
            Map<String, Object> variables = new HashMap<>();
            variables.put("self", value);
            if (rule.optionalOld()) {
                variables.put("oldSelf", Optional.ofNullable(oldValue));
            } else if (oldValue != null) {
                variables.put("oldSelf", oldValue);
            }
            FieldError error = rule.check(variables, path.isEmpty() ? "<nil>" : path, budget);
            boolean unchanged = !rule.transition() && oldJson != null && JsonValues.same(json, oldJson);
            if (error != null && !unchanged) {
                errors.add(error);
            }
        }

        private void fields(
                Node node,
                JsonNode json,
                Map<?, ?> map,
                @Nullable JsonNode oldJson,
                @Nullable Object oldValue,
                String path) {
            Map<?, ?> oldMap = oldValue instanceof Map<?, ?> old ? old : Map.of();
            for (Map.Entry<String, JsonNode> field : json.properties()) {
                String name = field.getKey();
                Node known = node.properties.get(name);
                boolean mapped = known == null;
                Node below = mapped ? node.additional : known;
                String key = node.schema.properties().isEmpty() ? name : Identifiers.escape(name);
                Object value = map.get(key);
                if (below != null && value != null) {
                    String at = path.isEmpty() ? name : mapped ? path + "[" + name + "]" : path + "." + name;
                    visit(
                            below,
                            field.getValue(),
                            value,
                            oldJson == null ? null : oldJson.get(name),
                            oldMap.get(key),
                            at);
                }
            }
        }

        private void items(
                Node node,
                Node items,
                JsonNode json,
                List<?> list,
                @Nullable JsonNode oldJson,
                @Nullable Object oldValue,
                String path) {
            Map<List<JsonNode>, Integer> oldIndex = new HashMap<>();
            List<String> keys = node.schema.listMapKeys();
            if (node.schema.listType().equals("map") && oldJson != null && oldJson.isArray()) {
                for (int i = 0; i < oldJson.size(); i++) {
                    oldIndex.putIfAbsent(key(oldJson.get(i), keys), i);
                }
            }
            for (int i = 0; i < list.size(); i++) {
                Integer before = oldIndex.isEmpty() ? null : oldIndex.get(key(json.get(i), keys));
                Object oldItem = before != null && oldValue instanceof List<?> old ? old.get(before) : null;
                JsonNode oldItemJson = before == null || oldJson == null ? null : oldJson.get(before);
                visit(items, json.get(i), list.get(i), oldItemJson, oldItem, path + "[" + i + "]");
            }
        }

        private static List<JsonNode> key(JsonNode item, List<String> names) {
            return names.stream().map(item::path).toList();
        }
    }
}
