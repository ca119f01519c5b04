package dev.gyropilot.brain.placement;

import java.util.List;
import java.util.Map;

/** One term of a node selector: all its requirements on labels and on the node's name hold; an empty term matches no node. */
public record NodeTerm(List<Requirement> labels, List<Requirement> fields) {
    public NodeTerm {
        labels = List.copyOf(labels);
        fields = List.copyOf(fields);
    }

    public boolean matches(Node node) {
        if (labels.isEmpty() && fields.isEmpty()) {
            return false;
        }
        for (Requirement requirement : labels) {
            if (!requirement.matches(node.labels())) {
                return false;
            }
        }
        if (!fields.isEmpty()) {
            var named = Map.of("metadata.name", node.name());
            for (Requirement requirement : fields) {
                if (!requirement.matches(named)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether one of the terms matches the node. */
    static boolean anyMatches(List<NodeTerm> terms, Node node) {
        for (NodeTerm term : terms) {
            if (term.matches(node)) {
                return true;
            }
        }
        return false;
    }
}
