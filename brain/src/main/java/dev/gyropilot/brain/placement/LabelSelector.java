package dev.gyropilot.brain.placement;

import java.util.List;
import java.util.Map;

/** A conjunction of requirements; without any it matches everything. */
public record LabelSelector(List<Requirement> requirements) {
    public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    /** What an absent selector means in an affinity term: no object at all. */
    public static final LabelSelector NOTHING =
            new LabelSelector(List.of(new Requirement("", Requirement.Operator.IN, List.of())));

    public LabelSelector {
        requirements = List.copyOf(requirements);
    }

    public boolean matches(Map<String, String> labels) {
        for (Requirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }
}
