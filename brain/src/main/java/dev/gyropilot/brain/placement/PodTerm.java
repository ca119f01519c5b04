package dev.gyropilot.brain.placement;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which other pods a pod wants near or far, and what near means.
 *
 * @param selector the pods
 * @param namespaces the namespaces in which they are sought; those of {@code namespaceSelector} are added
 * @param topologyKey the node label whose equal values mean "near"
 */
public record PodTerm(
        LabelSelector selector, Set<String> namespaces, Optional<LabelSelector> namespaceSelector, String topologyKey) {
    public PodTerm {
        namespaces = Set.copyOf(namespaces);
    }

    /** Whether a pod of this shape is one of those meant. */
    boolean matches(PodShape other, Map<String, Map<String, String>> namespaceLabels) {
        if (!namespaces.contains(other.namespace())
                && !(namespaceSelector.isPresent()
                        && namespaceSelector
                                .get()
                                .matches(namespaceLabels.getOrDefault(other.namespace(), Map.of())))) {
            return false;
        }
        return selector.matches(other.labels());
    }

    static boolean allMatch(List<PodTerm> terms, PodShape other, Map<String, Map<String, String>> namespaceLabels) {
        for (PodTerm term : terms) {
            if (!term.matches(other, namespaceLabels)) {
                return false;
            }
        }
        return true;
    }
}
