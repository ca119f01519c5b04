package dev.gyropilot.brain.placement.queue;

import java.util.HashMap;
import java.util.Map;

/**
 * What each queue used in the past, as a mean that fades by half each half-life: a queue that had much lately stands back
 * behind one that had little. Time is given; single-threaded.
 */
public final class UsageHistory {
    private final double halfLifeMillis;
    private final Map<String, double[]> means = new HashMap<>();
    private long lastMillis = Long.MIN_VALUE;

    public UsageHistory(long halfLifeMillis) {
        if (halfLifeMillis < 1) {
            throw new IllegalArgumentException("the half-life " + halfLifeMillis + " ms must be positive");
        }
        this.halfLifeMillis = halfLifeMillis;
    }

    /** Counts the present usage for the time since the last call, and tells the tree what was. */
    public void advance(QueueTree tree, long nowMillis) {
        double keep =
                lastMillis == Long.MIN_VALUE ? 1 : Math.pow(0.5, Math.max(0, nowMillis - lastMillis) / halfLifeMillis);
        lastMillis = Math.max(nowMillis, lastMillis);
        for (String queue : tree.names()) {
            double[] mean = means.computeIfAbsent(queue, q -> new double[Amount.RESOURCES]);
            Amount usage = tree.usage(queue);
            for (int r = 0; r < mean.length; r++) {
                mean[r] = mean[r] * keep + usage.of(r) * (1 - keep);
            }
            tree.past(queue, mean);
        }
        means.keySet().retainAll(tree.names());
    }
}
