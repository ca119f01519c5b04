package dev.gyropilot.brain.placement.queue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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

    /**
     * What is remembered.
     *
     * @param lastMillis the time of the last {@link #advance}; {@link Long#MIN_VALUE} before the first
     * @param means by queue, one for each resource in the order of {@link Amount}
     */
    public record State(long lastMillis, Map<String, List<Double>> means) {}

    public State state() {
        var copies = new TreeMap<String, List<Double>>();
        means.forEach(
                (queue, mean) -> copies.put(queue, Arrays.stream(mean).boxed().toList()));
        return new State(lastMillis, copies);
    }

    /** Goes on where another left off. */
    public void restore(State state) {
        lastMillis = state.lastMillis;
        means.clear();
        state.means.forEach((queue, mean) ->
                means.put(queue, mean.stream().mapToDouble(Double::doubleValue).toArray()));
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
