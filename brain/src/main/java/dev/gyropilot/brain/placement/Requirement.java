package dev.gyropilot.brain.placement;

import java.util.List;
import java.util.Map;

/** One condition on a set of labels, as label selectors and node selectors write it. */
public record Requirement(String key, Operator operator, List<String> values) {
    /** How the label's value is compared; GT and LT compare whole numbers. */
    public enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        NOT_EXISTS,
        GT,
        LT
    }

    public Requirement {
        values = List.copyOf(values);
    }

    /** Whether the labels meet this; a missing label meets NOT_IN and NOT_EXISTS only. */
    public boolean matches(Map<String, String> labels) {
        String value = labels.get(key);
        return switch (operator) {
            case IN -> value != null && values.contains(value);
            case NOT_IN -> value == null || !values.contains(value);
            case EXISTS -> value != null;
            case NOT_EXISTS -> value == null;
            case GT -> value != null && compares(value) > 0;
            case LT -> value != null && compares(value) < 0;
        };
    }

    /** The sign of label minus bound; 0, which meets neither GT nor LT, when one of them is no whole number. */
    private int compares(String value) {
        if (values.size() != 1) {
            return 0;
        }
        try {
            return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
