package dev.gyropilot.simulator.queueing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Jobs in a fixed order; the first that finds no room blocks those behind it. A part of a node goes to the fullest. */
final class HeadOfLine implements QueueingRun.Policy {
    private final int perNode;
    private final int[] free;
    private final TreeSet<TraceJob> order;
    private final Map<Integer, int[]> taken = new HashMap<>();
    private int seen = -1;

    HeadOfLine(int nodes, int perNode, Comparator<TraceJob> order) {
        this.perNode = perNode;
        free = new int[nodes];
        Arrays.fill(free, perNode);
        this.order = new TreeSet<>(order);
    }

    @Override
    public List<TraceJob> start(long nowMillis, Map<Integer, TraceJob> waiting) {
        for (TraceJob job : waiting.values()) {
            if (job.id() > seen) {
                seen = job.id();
                order.add(job);
            }
        }
        var result = new ArrayList<TraceJob>();
        while (!order.isEmpty()) {
            int[] take = place(order.first().devices());
            if (take == null) {
                break;
            }
            TraceJob job = order.removeFirst();
            change(take, -1);
            taken.put(job.id(), take);
            result.add(job);
        }
        return result;
    }

    @Override
    public void ended(TraceJob job, long nowMillis) {
        int[] take = taken.remove(job.id());
        if (take != null) {
            change(take, 1);
        }
    }

    private void change(int[] take, int sign) {
        for (int node = 0; node < free.length; node++) {
            free[node] += sign * take[node];
        }
    }

    private int @Nullable [] place(int devices) {
        int[] take = new int[free.length];
        int rest = devices;
        for (int node = 0; node < free.length && rest >= perNode; node++) {
            if (free[node] == perNode) {
                take[node] = perNode;
                rest -= perNode;
            }
        }
        if (rest == 0) {
            return take;
        }
        int best = -1;
        for (int node = 0; node < free.length && rest < perNode; node++) {
            if (take[node] == 0 && free[node] >= rest && (best < 0 || free[node] < free[best])) {
                best = node;
            }
        }
        if (best < 0) {
            return null;
        }
        take[best] = rest;
        return take;
    }
}
