package dev.gyropilot.apiserver.controllers;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Label selectors as workloads use them. */
public final class Selectors {
    private Selectors() {}

    /** Whether the selector selects the object; an absent or empty one selects nothing. */
    public static boolean matches(@Nullable LabelSelector selector, HasMetadata object) {
        return selector != null && !isEmpty(selector) && matchesAll(selector, labels(object));
    }

    /** Whether all requirements hold; an empty selector matches everything. */
    public static boolean matchesAll(LabelSelector selector, Map<String, String> labels) {
        var wanted = Objects.requireNonNullElse(selector.getMatchLabels(), Map.<String, String>of());
        return labels.entrySet().containsAll(wanted.entrySet())
                && selector.getMatchExpressions().stream().allMatch(r -> holds(r, labels));
    }

    /** The object's labels, never null. */
    public static Map<String, String> labels(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.of());
    }

    private static boolean isEmpty(LabelSelector selector) {
        return (selector.getMatchLabels() == null || selector.getMatchLabels().isEmpty())
                && selector.getMatchExpressions().isEmpty();
    }

    private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
        String value = labels.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}
