package dev.gyropilot.brain.placement.objects;

import dev.gyropilot.brain.placement.LabelSelector;
import dev.gyropilot.brain.placement.NodeTerm;
import dev.gyropilot.brain.placement.Requirement;
import dev.gyropilot.brain.placement.Requirement.Operator;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Selectors as the API writes them. */
final class Selectors {
    private Selectors() {}

    /** A label selector; an absent one matches nothing. */
    static LabelSelector labels(io.fabric8.kubernetes.api.model.@Nullable LabelSelector selector) {
        if (selector == null) {
            return LabelSelector.NOTHING;
        }
        var requirements = new ArrayList<Requirement>();
        if (selector.getMatchLabels() != null) {
            selector.getMatchLabels()
                    .forEach((key, value) -> requirements.add(new Requirement(key, Operator.IN, List.of(value))));
        }
        for (var expression : orEmpty(selector.getMatchExpressions())) {
            requirements.add(new Requirement(
                    expression.getKey(), operator(expression.getOperator()), orEmpty(expression.getValues())));
        }
        return requirements.isEmpty() ? LabelSelector.EVERYTHING : new LabelSelector(requirements);
    }

    static List<NodeTerm> nodeTerms(@Nullable List<NodeSelectorTerm> terms) {
        return orEmpty(terms).stream().map(Selectors::nodeTerm).toList();
    }

    static NodeTerm nodeTerm(NodeSelectorTerm term) {
        return new NodeTerm(requirements(term.getMatchExpressions()), requirements(term.getMatchFields()));
    }

    static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private static List<Requirement> requirements(@Nullable List<NodeSelectorRequirement> requirements) {
        return orEmpty(requirements).stream()
                .map(r -> new Requirement(r.getKey(), operator(r.getOperator()), orEmpty(r.getValues())))
                .toList();
    }

    private static Operator operator(String name) {
        return switch (name) {
            case "In" -> Operator.IN;
            case "NotIn" -> Operator.NOT_IN;
            case "Exists" -> Operator.EXISTS;
            case "DoesNotExist" -> Operator.NOT_EXISTS;
            case "Gt" -> Operator.GT;
            case "Lt" -> Operator.LT;
            default ->
                throw new IllegalArgumentException("selector operator \"" + name
                        + "\" is unknown. Maybe In, NotIn, Exists, DoesNotExist, Gt or Lt was meant");
        };
    }
}
