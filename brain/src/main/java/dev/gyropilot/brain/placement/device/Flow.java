package dev.gyropilot.brain.placement.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How much can flow through a small network, by paths found one after the other (Ford and Fulkerson, 1956). */
final class Flow {
    static final int SOURCE = 0;
    static final int SINK = 1;

    private final List<List<Integer>> from = new ArrayList<>();
    private int[] to = new int[64];
    private int[] left = new int[64];
    private int edges;

    Flow() {
        var _ = node();
        var _ = node();
    }

    int node() {
        from.add(new ArrayList<>());
        return from.size() - 1;
    }

    void edge(int start, int end, int capacity) {
        add(start, end, capacity);
        add(end, start, 0);
    }

    private void add(int start, int end, int capacity) {
        if (edges == to.length) {
            to = Arrays.copyOf(to, 2 * edges);
            left = Arrays.copyOf(left, 2 * edges);
        }
        to[edges] = end;
        left[edges] = capacity;
        from.get(start).add(edges++);
    }

    /** Whether at least so much gets from the source to the sink. */
    boolean reaches(int amount) {
        for (int flow = 0; flow < amount; flow++) {
            if (!augment(SOURCE, new boolean[from.size()])) {
                return false;
            }
        }
        return true;
    }

    private boolean augment(int node, boolean[] seen) {
        if (node == SINK) {
            return true;
        }
        seen[node] = true;
        for (int edge : from.get(node)) {
            if (left[edge] > 0 && !seen[to[edge]] && augment(to[edge], seen)) {
                left[edge]--;
                left[edge ^ 1]++;
                return true;
            }
        }
        return false;
    }
}
