package dev.gyropilot.api.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Binds a section of {@code config.yaml} to a configuration record, over its defaults. */
public final class Settings {
    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m|h|d)");

    private Settings() {}

    /** One setting as the reference page shows it. */
    public record Description(String name, String type, String defaultValue, String text) {}

    /**
     * A copy of {@code defaults} with what the section says.
     *
     * @param section name of the section, for messages
     * @param values the section; missing or null means nothing is set
     * @throws IllegalArgumentException naming the setting, its value and the remedy
     */
    public static <T extends Record> T bind(String section, JsonNode values, T defaults) {
        if (values.isMissingNode() || values.isNull()) {
            return defaults;
        }
        if (!values.isObject()) {
            throw new IllegalArgumentException(section + " is " + values + ", but must be a map of settings");
        }
        RecordComponent[] components = defaults.getClass().getRecordComponents();
        List<String> known = settable(components).map(RecordComponent::getName).toList();
        values.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(section + "." + name + " is not a setting; "
                        + nearest(name, known)
                                .map(guess -> "maybe you meant " + section + "." + guess)
                                .orElse("there are: " + String.join(", ", known)));
            }
        });
        @Nullable Object[] arguments = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent component = components[i];
            JsonNode value = values.path(component.getName());
            String name = section + "." + component.getName();
            @Nullable Object current = get(component, defaults);
            if (value.isMissingNode() || value.isNull()) {
                arguments[i] = current;
            } else if (current instanceof Record group) {
                arguments[i] = bind(name, value, group);
            } else {
                arguments[i] = convert(name, value, component.getType());
            }
        }
        return construct(section, defaults, components, arguments);
    }

    /** The present values of a record's settings, such that {@link #bind} gives the same record again; groups within are left out. */
    public static Map<String, Object> values(Record settings) {
        Map<String, Object> values = new TreeMap<>();
        settable(settings.getClass().getRecordComponents()).forEach(component -> {
            @Nullable Object value = get(component, settings);
            if (value != null && !(value instanceof Record)) {
                values.put(component.getName(), value instanceof Duration ? print(value) : value);
            }
        });
        return values;
    }

    /** The settings of a record with their defaults, in the record's order; those of a nested record with its name before. */
    public static List<Description> describe(Record defaults) {
        List<Description> descriptions = new ArrayList<>();
        for (RecordComponent component : defaults.getClass().getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                continue;
            }
            if (get(component, defaults) instanceof Record group) {
                describe(group)
                        .forEach(d -> descriptions.add(new Description(
                                component.getName() + "." + d.name(), d.type(), d.defaultValue(), d.text())));
            } else {
                descriptions.add(new Description(
                        component.getName(),
                        component.getType().getSimpleName().toLowerCase(java.util.Locale.ROOT),
                        print(get(component, defaults)),
                        setting.value()));
            }
        }
        return List.copyOf(descriptions);
    }

    private static java.util.stream.Stream<RecordComponent> settable(RecordComponent[] components) {
        return Arrays.stream(components).filter(c -> c.isAnnotationPresent(Setting.class));
    }

    private static @Nullable Object get(RecordComponent component, Record record) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Record> T construct(
            String section, T defaults, RecordComponent[] components, @Nullable Object[] arguments) {
        try {
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            var constructor = defaults.getClass().getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return (T) constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(
                    section + ": "
                            + java.util.Objects.requireNonNullElse(e.getCause(), e)
                                    .getMessage(),
                    e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object convert(String name, JsonNode value, Class<?> type) {
        if (type == int.class && value.canConvertToInt() && value.isIntegralNumber()) {
            return value.intValue();
        }
        if (type == long.class && value.isIntegralNumber()) {
            return value.longValue();
        }
        if (type == double.class && value.isNumber()) {
            return value.doubleValue();
        }
        if (type == boolean.class && value.isBoolean()) {
            return value.booleanValue();
        }
        if (type == String.class && value.isValueNode()) {
            return value.asText();
        }
        if (type == URI.class && value.isTextual()) {
            try {
                return new URI(value.textValue());
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(name + " is " + value + ", but must be an address", e);
            }
        }
        if (type == Path.class && value.isTextual()) {
            return Path.of(value.textValue());
        }
        if (type == Duration.class && value.isTextual()) {
            Matcher matcher = DURATION.matcher(value.textValue());
            if (matcher.matches()) {
                return duration(Long.parseLong(matcher.group(1)), matcher.group(2));
            }
        }
        if (type == List.class && value.isArray()) {
            List<String> list = new ArrayList<>();
            value.forEach(v -> list.add(v.asText()));
            return List.copyOf(list);
        }
        if (type == Map.class && value.isObject()) {
            Map<String, String> map = new TreeMap<>();
            value.properties().forEach(p -> map.put(p.getKey(), p.getValue().asText()));
            return Map.copyOf(map);
        }
        throw new IllegalArgumentException(name + " is " + value + ", but must be " + expected(type));
    }

    private static Duration duration(long amount, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    private static String expected(Class<?> type) {
        if (type == int.class || type == long.class) {
            return "a whole number";
        }
        if (type == double.class) {
            return "a number";
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type == Duration.class) {
            return "a duration such as 500ms, 30s, 5m, 2h or 1d";
        }
        return type == List.class ? "a list" : type == Map.class ? "a map" : "a text";
    }

    private static String print(@Nullable Object value) {
        if (!(value instanceof Duration duration)) {
            return value == null ? "" : String.valueOf(value);
        }
        if (duration.toMillisPart() != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        if (seconds >= 3600 && seconds % 3600 == 0) {
            return seconds / 3600 + "h";
        }
        return seconds >= 60 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** The nearest of some names to a misspelt one, by Levenshtein distance; empty when none is near. */
    public static Optional<String> nearest(String name, Collection<String> candidates) {
        int farthest = Math.min(3, Math.max(1, name.length() / 2));
        return candidates.stream()
                .distinct()
                .filter(c -> distance(name, c) <= farthest)
                .min(Comparator.comparingInt(c -> distance(name, c)));
    }

    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(row[j - 1], previous[j]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
