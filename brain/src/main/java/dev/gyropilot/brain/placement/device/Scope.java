package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.NodeTerm;

/** From which nodes a slice's devices, or one device, can be reached. */
public sealed interface Scope {
    /** From one node. */
    record OnNode(String node) implements Scope {}

    /** From the nodes that match. */
    record Selected(NodeTerm term) implements Scope {}

    /** From everywhere. */
    record AllNodes() implements Scope {}

    /** Each device says for itself; for slices only. */
    record PerDevice() implements Scope {}

    /** Something that this program does not know. */
    record Unknown() implements Scope {}

    /** Whether the node can reach what has this scope; false for {@link PerDevice} and {@link Unknown}. */
    default boolean reaches(Node node) {
        return switch (this) {
            case OnNode on -> on.node.equals(node.name());
            case Selected selected -> selected.term.matches(node);
            case AllNodes ignored -> true;
            case PerDevice ignored -> false;
            case Unknown ignored -> false;
        };
    }
}
