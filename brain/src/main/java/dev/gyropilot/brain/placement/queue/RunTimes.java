package dev.gyropilot.brain.placement.queue;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long work is expected to run, from how long its like has run: the fading mean of the logarithm, first of pods of the
 * same template, else of the same owner. Single-threaded.
 */
public final class RunTimes {
    /** How many templates and owners are remembered; those unused for longest are forgotten. */
    private static final int LIMIT = 10_000;

    private static final double NEWEST = 0.3;

    private final Map<String, Double> logarithms = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Double> eldest) {
            return size() > LIMIT;
        }
    };

    /** Work has ended by itself after so long. */
    public void ran(String kind, String owner, long millis) {
        double logarithm = Math.log((double) Math.max(1, millis));
        for (String key : new String[] {"kind " + kind, "owner " + owner}) {
            logarithms.merge(key, logarithm, (before, now) -> before + NEWEST * (now - before));
        }
    }

    /** 0 when nothing is known. */
    public long estimate(String kind, String owner) {
        Double logarithm = logarithms.get("kind " + kind);
        logarithm = logarithm == null ? logarithms.get("owner " + owner) : logarithm;
        return logarithm == null ? 0 : Math.round(Math.exp(logarithm));
    }
}
