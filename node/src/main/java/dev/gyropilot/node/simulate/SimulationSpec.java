package dev.gyropilot.node.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which nodes to simulate, from a text such as {@code 8xH100x100,4xL4x10}: devices of a node, product, nodes.
 *
 * @param groups in the order of the text
 */
public record SimulationSpec(List<Group> groups) {
    static final int NODE_LIMIT = 5_000;
    static final int DEVICE_LIMIT = 128;

    private static final Pattern GROUP = Pattern.compile("([0-9]{1,4})[xX]([A-Za-z0-9]+?)[xX]([0-9]{1,6})");

    /** Nodes of one kind. */
    public record Group(int devices, Accelerator product, int nodes) {}

    public SimulationSpec {
        groups = List.copyOf(groups);
    }

    /** @throws IllegalArgumentException when the text is wrong; the message says how it should look */
    public static SimulationSpec parse(String text) {
        var groups = new ArrayList<Group>();
        int nodes = 0;
        for (String part : text.split(",", -1)) {
            Matcher matcher = GROUP.matcher(part.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException("simulation \"" + text + "\" is not understood at \"" + part.strip()
                        + "\"; write DEVICESxPRODUCTxNODES, such as 8xH100x100 or 8xH100x100,4xL4x10");
            }
            var product = Accelerator.find(matcher.group(2))
                    .orElseThrow(() -> new IllegalArgumentException("simulation \"" + text + "\": the product \""
                            + matcher.group(2) + "\" is not known; known are " + Accelerator.names()));
            var group = new Group(Integer.parseInt(matcher.group(1)), product, Integer.parseInt(matcher.group(3)));
            nodes += group.nodes();
            if (group.devices() < 1 || group.devices() > DEVICE_LIMIT || group.nodes() < 1 || nodes > NODE_LIMIT) {
                throw new IllegalArgumentException("simulation \"" + text + "\": give 1 to " + DEVICE_LIMIT
                        + " devices for each node and 1 to " + NODE_LIMIT + " nodes in all");
            }
            groups.add(group);
        }
        return new SimulationSpec(groups);
    }
}
