package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/** Label selectors in the form that objects hold them ({@code matchLabels}, {@code matchExpressions}). */
public final class Selectors {
    private Selectors() {}

    /** Whether the selector selects the labels; an empty selector selects all, an absent one nothing. */
    public static boolean matches(JsonNode selector, Map<String, String> labels) {
        if (!selector.isObject()) {
            return false;
        }
        for (Map.Entry<String, String> wanted :
                Tree.map(selector, "matchLabels").entrySet()) {
            if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        for (JsonNode requirement : selector.path("matchExpressions")) {
            if (!meets(requirement, labels)) {
                return false;
            }
        }
        return true;
    }

    private static boolean meets(JsonNode requirement, Map<String, String> labels) {
        String value = labels.get(requirement.path("key").asText());
        List<String> values = Tree.texts(requirement, "values");
        return switch (requirement.path("operator").asText()) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }

    static boolean isEmpty(JsonNode selector) {
        return selector.path("matchLabels").isEmpty()
                && selector.path("matchExpressions").isEmpty();
    }
}
