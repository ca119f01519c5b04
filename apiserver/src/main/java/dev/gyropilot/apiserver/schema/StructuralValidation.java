package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.re2j.PatternSyntaxException;
import dev.gyropilot.apiserver.resource.FieldError;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Validates values by the keywords of a structural schema, in the order and words of Kubernetes' own server: properties as
 * the schema lists them, what is required after them. What an update does not change is not refused (ratcheting): findings
 * below a value that equals the stored one are dropped, and items of keyed lists are compared by their keys.
 */
public final class StructuralValidation {
    /** More findings than these are of no use to anybody. */
    public static final int MAX_FINDINGS = 1_000;

    private final List<FieldError> errors = new ArrayList<>();

    /** Prefix of the fields named in errors, where not the whole object is validated. */
    private final String base;

    private StructuralValidation(String base) {
        this.base = base;
    }

    /**
     * The findings about a value.
     *
     * @param base path of the value in the object, empty for the object itself
     * @param old the stored value, or null on create
     */
    public static List<FieldError> validate(JsonSchema schema, JsonNode value, String base, @Nullable JsonNode old) {
        StructuralValidation run = new StructuralValidation(base);
        run.visit(schema, value, old, "");
        return run.errors;
    }

    private void visit(JsonSchema schema, JsonNode value, @Nullable JsonNode old, String path) {
        int before = errors.size();
        if (before >= MAX_FINDINGS) {
            return;
        }
        type(schema, value, path);
        if (value.isNull()) {
            enumeration(schema, value, path);
        } else {
            combinations(schema, value, path);
            switch (value.getNodeType()) {
                case STRING -> string(schema, value.textValue(), path);
                case NUMBER -> number(schema, value, path);
                case ARRAY -> array(schema, (ArrayNode) value, old, path);
                default -> {}
            }
            enumeration(schema, value, path);
            if (value instanceof ObjectNode object) {
                object(schema, object, old, path);
            }
        }
        if (errors.size() > before && old != null && JsonValues.same(value, old)) {
            errors.subList(before, errors.size()).clear();
        }
    }

    private void type(JsonSchema schema, JsonNode value, String path) {
        String type = schema.intOrString() ? "integer,string" : schema.type();
        if (type.isEmpty()) {
            return;
        }
        String actual = typeOf(value);
        boolean fits = switch (actual) {
            case "null" -> schema.nullable();
            case "integer" -> type.contains("integer") || type.equals("number");
            case "number" -> type.equals("number") || (type.contains("integer") && integral(value));
            default -> type.equals(actual) || (actual.equals("string") && type.endsWith(",string"));
        };
        if (!fits) {
            add(
                    FieldError.Type.TYPE_INVALID,
                    path,
                    quoted(actual),
                    path + " in body must be of type " + type + ": " + quoted(actual));
        }
    }

    private static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT, POJO -> "object";
            case ARRAY -> "array";
            case STRING, BINARY -> "string";
            case BOOLEAN -> "boolean";
            case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
            case NULL, MISSING -> "null";
        };
    }

    private static boolean integral(JsonNode value) {
        double number = value.doubleValue();
        return number == Math.rint(number) && !Double.isInfinite(number);
    }

    private void string(JsonSchema schema, String text, String path) {
        int length = text.codePointCount(0, text.length());
        JsonNode max = schema.keyword("maxLength");
        JsonNode min = schema.keyword("minLength");
        String pattern = schema.keyword("pattern").asText("");
        if (max.isNumber() && length > max.longValue()) {
            add(FieldError.Type.TOO_LONG, path, "", "may not be more than " + max.longValue() + " bytes");
        } else if (min.isNumber() && length < min.longValue()) {
            invalid(path, quoted(text), "should be at least " + min.longValue() + " chars long");
        } else if (!pattern.isEmpty()) {
            pattern(pattern, text, path);
        }
        Predicate<String> format = Formats.check(schema.format());
        boolean strings = schema.type().isEmpty() || schema.type().equals("string");
        if (format != null && strings && !format.test(text)) {
            add(
                    FieldError.Type.TYPE_INVALID,
                    path,
                    quoted(text),
                    path + " in body must be of type " + schema.format() + ": " + quoted(text));
        }
    }

    private void pattern(String pattern, String text, String path) {
        try {
            if (!Patterns.of(pattern).matcher(text).find()) {
                invalid(path, quoted(text), "should match '" + pattern + "'");
            }
        } catch (PatternSyntaxException e) {
            invalid(
                    path,
                    quoted(text),
                    "should match '" + pattern + ", but pattern is invalid: " + e.getMessage() + "'");
        }
    }

    private void number(JsonSchema schema, JsonNode value, String path) {
        range(schema, value, path);
        BigDecimal number = value.decimalValue();
        JsonNode multiple = schema.keyword("multipleOf");
        if (multiple.isNumber()
                && multiple.decimalValue().signum() > 0
                && number.remainder(multiple.decimalValue()).signum() != 0) {
            invalid(path, printed(value), "should be a multiple of " + printed(multiple));
        }
        JsonNode min = schema.keyword("minimum");
        if (min.isNumber()) {
            boolean exclusive = schema.keyword("exclusiveMinimum").asBoolean(false);
            int order = number.compareTo(min.decimalValue());
            if (order < 0 || (exclusive && order == 0)) {
                invalid(
                        path,
                        printed(value),
                        "should be greater than " + (exclusive ? "" : "or equal to ") + printed(min));
            }
        }
        JsonNode max = schema.keyword("maximum");
        if (max.isNumber()) {
            boolean exclusive = schema.keyword("exclusiveMaximum").asBoolean(false);
            int order = number.compareTo(max.decimalValue());
            if (order > 0 || (exclusive && order == 0)) {
                invalid(
                        path,
                        printed(value),
                        "should be less than " + (exclusive ? "" : "or equal to ") + printed(max));
            }
        }
    }

    private void range(JsonSchema schema, JsonNode value, String path) {
        if (!schema.type().equals("integer")) {
            return;
        }
        String format = schema.format();
        boolean fits = integral(value) && (format.equals("int32") ? value.canConvertToInt() : value.canConvertToLong());
        if (!fits) {
            boolean known = format.equals("int32") || format.equals("int64");
            whole("Checked value must be of type integer " + (known ? "with format " + format : "(default format)")
                    + " in " + path);
        }
    }

    private static String printed(JsonNode number) {
        if (integral(number) && number.canConvertToLong()) {
            return Long.toString(number.longValue());
        }
        return number.asText();
    }

    private void enumeration(JsonSchema schema, JsonNode value, String path) {
        JsonNode allowed = schema.keyword("enum");
        if (!allowed.isArray() || allowed.isEmpty()) {
            return;
        }
        List<String> names = new ArrayList<>();
        for (JsonNode each : allowed) {
            if (JsonValues.same(each, value)) {
                return;
            }
            names.add(quoted(each.isTextual() ? each.textValue() : each.toString()));
        }
        add(FieldError.Type.NOT_SUPPORTED, path, value.toString(), "supported values: " + String.join(", ", names));
    }

    private void array(JsonSchema schema, ArrayNode list, @Nullable JsonNode old, String path) {
        JsonSchema items = schema.items();
        if (items != null) {
            Map<List<JsonNode>, JsonNode> oldItems = byKeys(schema, old);
            for (int i = 0; i < list.size(); i++) {
                JsonNode item = list.get(i);
                JsonNode oldItem = oldItems.isEmpty() ? null : oldItems.get(keys(schema, item));
                visit(items, item, oldItem, path + "[" + i + "]");
            }
        }
        JsonNode min = schema.keyword("minItems");
        if (min.isNumber() && list.size() < min.longValue()) {
            invalid(path, Integer.toString(list.size()), "should have at least " + min.longValue() + " items");
        }
        tooMany(schema.keyword("maxItems"), list.size(), path);
        if (schema.keyword("uniqueItems").asBoolean(false)) {
            Set<JsonNode> seen = new TreeSet<>(JsonValues::compare);
            for (JsonNode item : list) {
                if (!seen.add(item)) {
                    invalid(path, "\"\"", "shouldn't contain duplicates");
                    break;
                }
            }
        }
    }

    private void tooMany(JsonNode max, int size, String path) {
        if (max.isNumber() && size > max.longValue()) {
            add(
                    FieldError.Type.TOO_MANY,
                    path,
                    Integer.toString(size),
                    "must have at most " + max.longValue() + (max.longValue() == 1 ? " item" : " items"));
        }
    }

    private static Map<List<JsonNode>, JsonNode> byKeys(Schema schema, @Nullable JsonNode list) {
        Map<List<JsonNode>, JsonNode> items = new LinkedHashMap<>();
        if (list != null && list.isArray() && schema.listType().equals("map")) {
            list.forEach(item -> items.putIfAbsent(keys(schema, item), item));
        }
        return items;
    }

    private static List<JsonNode> keys(Schema schema, JsonNode item) {
        return schema.listMapKeys().stream().map(item::path).toList();
    }

    private void object(JsonSchema schema, ObjectNode object, @Nullable JsonNode old, String path) {
        JsonNode min = schema.keyword("minProperties");
        if (min.isNumber() && object.size() < min.longValue()) {
            invalid(path, Integer.toString(object.size()), "should have at least " + min.longValue() + " properties");
        }
        tooMany(schema.keyword("maxProperties"), object.size(), path);
        boolean root = path.isEmpty() && base.isEmpty();
        boolean closed = schema.keyword("additionalProperties").isBoolean()
                && !schema.keyword("additionalProperties").booleanValue();
        JsonSchema additional = schema.additionalProperties();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            String name = field.getKey();
            if (schema.properties().containsKey(name)) {
                continue;
            }
            if (closed) {
                String detail = path + "." + name + " in body is a forbidden property";
                add(FieldError.Type.INVALID, path, quoted(name), detail);
            } else if (additional != null) {
                visit(additional, field.getValue(), child(old, name), path + "." + name);
            }
        }
        for (Map.Entry<String, Schema> property : schema.properties().entrySet()) {
            String name = property.getKey();
            JsonNode value = object.get(name);
            if (value != null && property.getValue() instanceof JsonSchema known) {
                boolean typeMeta = root && (name.equals("kind") || name.equals("apiVersion"));
                visit(known, value, typeMeta ? null : child(old, name), path.isEmpty() ? name : path + "." + name);
            }
        }
        for (JsonNode required : schema.keyword("required")) {
            if (!object.has(required.asText())) {
                add(FieldError.Type.REQUIRED, path + "." + required.asText(), "", "");
            }
        }
    }

    private static @Nullable JsonNode child(@Nullable JsonNode old, String name) {
        return old instanceof ObjectNode object ? object.get(name) : null;
    }

    private void combinations(JsonSchema schema, JsonNode value, String path) {
        JsonNode anyOf = schema.keyword("anyOf");
        if (anyOf.isArray() && !anyOf.isEmpty()) {
            List<List<FieldError>> results = each(schema, "anyOf", value, path);
            if (results.stream().noneMatch(List::isEmpty)) {
                whole("\"" + path + "\" must validate at least one schema (anyOf)");
                errors.addAll(fewest(results));
            }
        }
        JsonNode oneOf = schema.keyword("oneOf");
        if (oneOf.isArray() && !oneOf.isEmpty()) {
            List<List<FieldError>> results = each(schema, "oneOf", value, path);
            long valid = results.stream().filter(List::isEmpty).count();
            if (valid != 1) {
                whole("\"" + path + "\" must validate one and only one schema (oneOf). "
                        + (valid == 0 ? "Found none valid" : "Found " + valid + " valid alternatives"));
                if (valid == 0) {
                    errors.addAll(fewest(results));
                }
            }
        }
        JsonNode allOf = schema.keyword("allOf");
        if (allOf.isArray() && !allOf.isEmpty()) {
            List<List<FieldError>> results = each(schema, "allOf", value, path);
            results.forEach(errors::addAll);
            if (!results.stream().allMatch(List::isEmpty)) {
                boolean none = results.stream().noneMatch(List::isEmpty);
                whole("\"" + path + "\" must validate all the schemas (allOf)" + (none ? ". None validated" : ""));
            }
        }
        JsonSchema not = schema.alternative("not", -1);
        if (not != null && errorsOf(not, value, path).isEmpty()) {
            whole("\"" + path + "\" must not validate the schema (not)");
        }
    }

    private List<List<FieldError>> each(JsonSchema schema, String keyword, JsonNode value, String path) {
        List<List<FieldError>> results = new ArrayList<>();
        for (int i = 0; i < schema.keyword(keyword).size(); i++) {
            JsonSchema alternative = schema.alternative(keyword, i);
            if (alternative != null) {
                results.add(errorsOf(alternative, value, path));
            }
        }
        return results;
    }

    private List<FieldError> errorsOf(JsonSchema schema, JsonNode value, String path) {
        StructuralValidation run = new StructuralValidation(base);
        run.visit(schema, value, null, path);
        return run.errors;
    }

    /** Of several failures the one that says least is nearest to what was meant. */
    private static List<FieldError> fewest(List<List<FieldError>> results) {
        List<FieldError> best = results.getFirst();
        for (List<FieldError> each : results) {
            best = each.size() < best.size() ? each : best;
        }
        return best;
    }

    /** A finding that upstream does not bind to a field. */
    private void whole(String detail) {
        add(FieldError.Type.INVALID, "", "\"\"", detail);
    }

    private void invalid(String path, String value, String constraint) {
        add(FieldError.Type.INVALID, path, value, path + " in body " + constraint);
    }

    private void add(FieldError.Type type, String path, String value, String detail) {
        if (errors.size() >= MAX_FINDINGS) {
            return;
        }
        String trimmed = path.startsWith(".") ? path.substring(1) : path;
        String field = base.isEmpty() ? trimmed : trimmed.isEmpty() ? base : base + "." + trimmed;
        errors.add(FieldError.of(type, field.isEmpty() ? "<nil>" : field, value, detail));
    }

    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
