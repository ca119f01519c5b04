package dev.gyropilot.apiserver.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import dev.gyropilot.apiserver.schema.Schema;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns JSON into the values that the expression language sees, by the schema that its types came from. */
final class SchemaValues {
    private SchemaValues() {}

    /** @param resource whether the value is the whole stored object */
    static Object of(@Nullable Schema schema, JsonNode value, boolean resource) {
        return switch (value.getNodeType()) {
            case OBJECT -> object(schema, (ObjectNode) value, resource);
            case ARRAY -> list(schema, (ArrayNode) value);
            case STRING -> schema == null ? value.textValue() : string(schema.format(), value.textValue());
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> number(schema, value);
            default -> NullValue.NULL_VALUE;
        };
    }

    private static Object number(@Nullable Schema schema, JsonNode value) {
        boolean real = schema != null && schema.type().equals("number");
        boolean whole =
                value.isIntegralNumber() || (schema != null && schema.type().equals("integer"));
        return whole && !real && value.canConvertToLong() ? (Object) value.longValue() : (Object) value.doubleValue();
    }

    private static Object string(String format, String text) {
        try {
            return switch (format) {
                case "date" ->
                    LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
                case "date-time", "datetime" -> instant(text);
                case "duration" -> duration(text);
                case "byte" -> CelByteString.of(Base64.getDecoder().decode(text));
                default -> text;
            };
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException e) {
            return text;
        }
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }

    /** Go's form, such as {@code 1h30m}. */
    private static Duration duration(String text) {
        String rest = text.startsWith("-") ? text.substring(1) : text;
        Duration sum = Duration.ZERO;
        int at = 0;
        while (at < rest.length()) {
            int start = at;
            while (at < rest.length() && (Character.isDigit(rest.charAt(at)) || rest.charAt(at) == '.')) {
                at++;
            }
            double number = Double.parseDouble(rest.substring(start, at));
            int unit = at;
            while (at < rest.length() && Character.isLetter(rest.charAt(at))) {
                at++;
            }
            sum = sum.plusNanos(Math.round(number * nanos(rest.substring(unit, at))));
        }
        return text.startsWith("-") ? sum.negated() : sum;
    }

    private static double nanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs", "μs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            case "h" -> 3600e9;
            default -> throw new IllegalArgumentException("no unit of time: " + unit);
        };
    }

    private static List<Object> list(@Nullable Schema schema, ArrayNode array) {
        Schema items = schema == null ? null : schema.items();
        List<Object> list = new ArrayList<>(array.size());
        array.forEach(item -> list.add(of(items, item, false)));
        return list;
    }

    private static Map<String, Object> object(@Nullable Schema schema, ObjectNode object, boolean resource) {
        Map<String, Schema> properties = schema == null ? Map.of() : schema.properties();
        Schema additional = schema == null ? null : schema.additionalProperties();
        Map<String, Object> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            if (properties.isEmpty()) {
                map.put(name, of(additional, value, false));
                continue;
            }
            Schema property = properties.get(name);
            if (property == null || (value.isNull() && !property.nullable())) {
                continue;
            }
            Object made = resource && name.equals("metadata") ? visible(value) : of(property, value, false);
            map.put(Identifiers.escape(name), made);
            if (Identifiers.reserved(name)) {
                map.put(name, made);
            }
        }
        return map;
    }

    private static Map<String, Object> visible(JsonNode metadata) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String name : SchemaTypes.VISIBLE_METADATA) {
            if (metadata.path(name).isTextual()) {
                map.put(name, metadata.path(name).textValue());
            }
        }
        return map;
    }
}
