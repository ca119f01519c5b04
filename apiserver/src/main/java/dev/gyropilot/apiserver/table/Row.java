package dev.gyropilot.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One object at one moment, and the forms that cells of many kinds share. */
record Row(ObjectNode object, Instant now) {
    static final String NONE = "<none>";
    static final String UNSET = "<unset>";
    private static final String UNKNOWN = "<unknown>";

    String text(String... path) {
        return Tree.text(object, path);
    }

    String textOr(String orElse, String... path) {
        String text = Tree.at(object, path).asText("");
        return text.isEmpty() ? orElse : text;
    }

    long number(String... path) {
        return Tree.number(0, object, path);
    }

    JsonNode at(String... path) {
        return Tree.at(object, path);
    }

    List<ObjectNode> objects(String... path) {
        return Tree.objects(object, path);
    }

    String age() {
        return since("metadata", "creationTimestamp");
    }

    /** How long ago the time at the path was, as people say it. */
    String since(String... path) {
        return since(at(path));
    }

    String since(JsonNode time) {
        try {
            return time.isTextual() ? human(Duration.between(Instant.parse(time.textValue()), now)) : UNKNOWN;
        } catch (DateTimeException e) {
            return UNKNOWN;
        }
    }

    boolean ending() {
        return object.path("metadata").has("deletionTimestamp");
    }

    boolean hasCondition(String type) {
        return objects("status", "conditions").stream()
                .filter(condition -> Tree.text(condition, "type").equals(type))
                .findFirst()
                .map(condition -> Tree.text(condition, "status").equals("True"))
                .orElse(false);
    }

    /** The field of each container of the pod spec at the path, with commas. */
    String containers(String field, String... path) {
        List<String> values = new ArrayList<>();
        Tree.objects(Tree.at(object, path), "containers").forEach(container -> values.add(Tree.text(container, field)));
        return String.join(",", values);
    }

    static String labels(JsonNode labels) {
        List<String> pairs = new ArrayList<>();
        new TreeMap<>(Tree.map(labels)).forEach((key, value) -> pairs.add(key + "=" + value));
        return pairs.isEmpty() ? NONE : String.join(",", pairs);
    }

    static String selector(JsonNode selector) {
        Map<String, String> parts = new TreeMap<>();
        Tree.map(selector, "matchLabels").forEach((key, value) -> parts.put(key, key + "=" + value));
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String key = requirement.path("key").asText();
            List<String> values = new ArrayList<>(Tree.texts(requirement, "values"));
            values.sort(null);
            String list = "(" + String.join(",", values) + ")";
            String text = switch (requirement.path("operator").asText()) {
                case "In" -> key + " in " + list;
                case "NotIn" -> key + " notin " + list;
                case "Exists" -> key;
                case "DoesNotExist" -> "!" + key;
                default -> "<error>";
            };
            parts.merge(key, text, (first, second) -> first + "," + second);
        }
        return parts.isEmpty() ? NONE : String.join(",", parts.values());
    }

    /** At most {@code max} of the texts, and how many more there are. */
    static String some(List<String> texts, int max, String between) {
        String shown = String.join(between, texts.subList(0, Math.min(max, texts.size())));
        return texts.size() > max ? shown + " + " + (texts.size() - max) + " more..." : shown;
    }

    /** Two units at most, the finer the shorter the time is. */
    static String human(Duration duration) {
        long seconds = duration.toSeconds();
        if (duration.compareTo(Duration.ofSeconds(-1)) <= 0 && seconds < -1) {
            return "<invalid>";
        }
        if (seconds < 0) {
            return "0s";
        }
        if (seconds < 120) {
            return seconds + "s";
        }
        long minutes = seconds / 60;
        if (minutes < 10) {
            return two(minutes, "m", seconds % 60, "s");
        }
        if (minutes < 180) {
            return minutes + "m";
        }
        long hours = minutes / 60;
        if (hours < 8) {
            return two(hours, "h", minutes % 60, "m");
        }
        if (hours < 48) {
            return hours + "h";
        }
        long days = hours / 24;
        if (days < 8) {
            return two(days, "d", hours % 24, "h");
        }
        if (days < 365 * 2) {
            return days + "d";
        }
        long years = days / 365;
        return years < 8 ? two(years, "y", days % 365, "d") : years + "y";
    }

    private static String two(long large, String largeUnit, long small, String smallUnit) {
        return large + largeUnit + (small == 0 ? "" : small + smallUnit);
    }
}
