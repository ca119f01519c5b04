package dev.gyropilot.brain.placement.queue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long work is expected to run, from how long its like has run: fading means over all work, over that of the same owner and
 * over that of the same kind, each trusted more the more it has seen. Single-threaded.
 */
public final class RunTimes {
    /** How many kinds and owners are remembered; those unused for longest are forgotten. */
    private static final int LIMIT = 10_000;

    /** The weight of the newest, once there are enough. */
    private static final double NEWEST = 0.1;

    /** What of a mean is left when as much has been seen as this, against the wider mean. */
    private static final double DOUBT = 1;

    private final Map<String, Mean> means = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Mean> eldest) {
            return size() > LIMIT;
        }
    };

    /** How long work ran in the mean, and how much of it was seen. */
    public record Mean(double millis, double seen) {
        private static final Mean NOTHING = new Mean(0, 0);

        Mean with(double value) {
            return new Mean(millis + Math.max(NEWEST, 1 / (seen + 1)) * (value - millis), seen + 1);
        }
    }

    /** What is remembered, by owner and kind; what was unused for longest comes first. */
    public Map<String, Mean> state() {
        return new LinkedHashMap<>(means);
    }

    /** Goes on where another left off. */
    public void restore(Map<String, Mean> state) {
        means.clear();
        means.putAll(state);
    }

    /** Work has ended by itself after so long. */
    public void ran(String kind, String owner, long millis) {
        for (String key : keys(kind, owner)) {
            means.put(key, means.getOrDefault(key, Mean.NOTHING).with((double) Math.max(1, millis)));
        }
    }

    /** 0 when no work has ended yet. */
    public long estimate(String kind, String owner) {
        double result = 0;
        double doubt = 0;
        for (String key : keys(kind, owner)) {
            Mean mean = means.get(key);
            if (mean != null) {
                double weight = Math.min(mean.seen, 1 / NEWEST);
                result = (doubt * result + weight * mean.millis) / (doubt + weight);
                doubt = DOUBT;
            }
        }
        return Math.round(result);
    }

    private static List<String> keys(String kind, String owner) {
        return List.of("all", "owner " + owner, "kind " + kind);
    }
}
