package dev.gyropilot.brain.placement.queue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is: the highest priority first; among equals stranded gangs, as what they hold is of no use to anybody until they
 * are whole again; then the queue with the smallest share, level by level; within a queue what has lost its patience, in the order
 * in which it came, then the least expected device time, which shrinks with the wait. So short and small work goes first, as that
 * makes the mean wait least, and nothing is overtaken for ever; gangs, which seldom find room by chance, least of all.
 */
final class Order {
    /** Work of unknown length stands behind an hour of known length. */
    private static final long UNKNOWN_MILLIS = 3_600_000;

    private static final double DAY_MILLIS = 86_400_000;

    /** Who has waited for so long counts with half of its device time. */
    private static final double HALVING_MILLIS = 3 * DAY_MILLIS;

    /** How long work on one node lets itself be overtaken; a gang of n nodes for an nth of it, but at least a day. */
    private static final double PATIENCE_MILLIS = 7 * DAY_MILLIS;

    private static final double DEVICES_OF_A_NODE = 8;

    private static Comparator<Job> withinQueue(long nowMillis) {
        return Comparator.comparingLong((Job job) -> -rank(job))
                .thenComparingDouble(job -> urgency(job, nowMillis))
                .thenComparingLong(Job::createdMillis)
                .thenComparing(Job::id);
    }

    /** By priority; at each, stranded gangs stand above all others. */
    private static long rank(Job job) {
        return 2L * job.priority() + (job.stranded() ? 1 : 0);
    }

    /** Less is sooner; below 0 for what has lost its patience. */
    private static double urgency(Job job, long nowMillis) {
        double waited = Math.max(0, (double) nowMillis - job.createdMillis());
        double devices = Math.max(1, job.demand().deviceMillis() / 1000.0);
        double patience = Math.max(DAY_MILLIS, PATIENCE_MILLIS / Math.max(1, devices / DEVICES_OF_A_NODE));
        if (waited >= patience) {
            return -waited;
        }
        double millis = job.expectedMillis() > 0 ? job.expectedMillis() : UNKNOWN_MILLIS;
        return millis * devices / (1 + waited / HALVING_MILLIS);
    }

    private final QueueTree tree;
    private final List<PriorityQueue<Job>> own;
    private final List<List<Integer>> below;
    private final List<Integer> tops = new ArrayList<>();

    /** The highest rank in each queue and those below it; {@link #EMPTY} when there is no job. */
    private final long[] top;

    private static final long EMPTY = Long.MIN_VALUE;

    Order(QueueTree tree, Collection<Job> jobs, long nowMillis) {
        this.tree = tree;
        int count = tree.rules.length;
        own = new ArrayList<>(count);
        below = new ArrayList<>(count);
        top = new long[count];
        for (int q = 0; q < count; q++) {
            own.add(new PriorityQueue<>(withinQueue(nowMillis)));
            below.add(new ArrayList<>());
            top[q] = EMPTY;
        }
        for (Job job : jobs) {
            own.get(tree.indexOf(job.queue())).add(job);
        }
        for (int q = 0; q < count; q++) {
            (tree.parent[q] == QueueTree.TOP ? tops : below.get(tree.parent[q])).add(q);
        }
        for (int q = 0; q < count; q++) {
            Job head = own.get(q).peek();
            for (int at = q; head != null && at != QueueTree.TOP; at = tree.parent[at]) {
                top[at] = Math.max(top[at], rank(head));
            }
        }
    }

    /** Takes the next job out; null when there is none. */
    @Nullable
    Job next() {
        List<Integer> among = tops;
        int at = QueueTree.TOP;
        while (true) {
            int best = best(among);
            if (at != QueueTree.TOP && ownFirst(at, best)) {
                return take(at);
            }
            if (best == QueueTree.TOP) {
                return null;
            }
            at = best;
            among = below.get(best);
        }
    }

    private int best(List<Integer> among) {
        int best = QueueTree.TOP;
        for (int q : among) {
            if (top[q] != EMPTY && (best == QueueTree.TOP || before(q, best))) {
                best = q;
            }
        }
        return best;
    }

    private boolean before(int a, int b) {
        if (top[a] != top[b]) {
            return top[a] > top[b];
        }
        if (tree.belowGuarantee(a) != tree.belowGuarantee(b)) {
            return tree.belowGuarantee(a);
        }
        return tree.share(a) < tree.share(b);
    }

    /** Whether the queue's own work comes before that of the best queue below it. */
    private boolean ownFirst(int q, int child) {
        Job head = own.get(q).peek();
        if (head == null || child == QueueTree.TOP) {
            return head != null;
        }
        return rank(head) != top[child]
                ? rank(head) > top[child]
                : tree.ownShare(q) <= tree.share(child) && !tree.belowGuarantee(child);
    }

    private Job take(int q) {
        Job job = own.get(q).remove();
        for (int at = q; at != QueueTree.TOP; at = tree.parent[at]) {
            Job head = own.get(at).peek();
            long highest = head == null ? EMPTY : rank(head);
            for (int child : below.get(at)) {
                highest = Math.max(highest, top[child]);
            }
            top[at] = highest;
        }
        return job;
    }
}
