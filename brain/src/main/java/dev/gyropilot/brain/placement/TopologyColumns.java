package dev.gyropilot.brain.placement;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The domain of each node per topology key, as small numbers; recomputed only for blocks whose nodes changed. */
final class TopologyColumns {
    /** No label with that key. */
    static final int NONE = -1;

    private static final int KEY_LIMIT = 64;
    private static final int SPARE_DOMAINS = 1024;
    private final Map<String, Column> columns = new HashMap<>();

    /** One topology key. */
    static final class Column {
        final String key;
        private final Map<String, Integer> ids = new HashMap<>();
        private NodeBlock.Nodes[] seen = new NodeBlock.Nodes[0];
        int[][] domains = new int[0][];

        Column(String key) {
            this.key = key;
        }

        /** Domain numbers are below this. */
        int size() {
            return ids.size();
        }

        private void refresh(Snapshot snapshot) {
            int count = snapshot.blocks.length;
            if (ids.size() > 2 * snapshot.nodeCount() + SPARE_DOMAINS) {
                ids.clear();
                seen = new NodeBlock.Nodes[0];
            }
            if (seen.length != count) {
                seen = Arrays.copyOf(seen, count);
                domains = Arrays.copyOf(domains, count);
            }
            for (int b = 0; b < count; b++) {
                NodeBlock.Nodes nodes = snapshot.blocks[b].nodes;
                if (seen[b] != nodes) {
                    seen[b] = nodes;
                    domains[b] = domainsOf(nodes);
                }
            }
        }

        private int[] domainsOf(NodeBlock.Nodes nodes) {
            int[] result = new int[NodeBlock.SIZE];
            Arrays.fill(result, NONE);
            for (long rest = nodes.present; rest != 0; rest &= rest - 1) {
                int slot = Long.numberOfTrailingZeros(rest);
                String value = nodes.at(slot).labels().get(key);
                if (value != null) {
                    result[slot] = ids.computeIfAbsent(value, v -> ids.size());
                }
            }
            return result;
        }
    }

    Column column(Snapshot snapshot, String key) {
        if (columns.size() > KEY_LIMIT) {
            columns.clear();
        }
        Column column = columns.computeIfAbsent(key, Column::new);
        column.refresh(snapshot);
        return column;
    }
}
