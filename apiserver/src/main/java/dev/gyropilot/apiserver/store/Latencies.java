package dev.gyropilot.apiserver.store;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** How long commits took, in buckets as Prometheus wants them, and how many writes shared them. */
public final class Latencies {
    /** Upper bounds of the buckets in seconds; a last one is unbounded. */
    private static final double[] BOUNDS = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1};

    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.length + 1);
    private final LongAdder nanos = new LongAdder();
    private final LongAdder writes = new LongAdder();

    void record(long commitNanos, int batch) {
        double seconds = commitNanos / 1e9;
        int bucket = 0;
        while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) {
            bucket++;
        }
        counts.incrementAndGet(bucket);
        nanos.add(commitNanos);
        writes.add(batch);
    }

    public double[] bounds() {
        return BOUNDS.clone();
    }

    /** Number of commits per bucket, not cumulated. */
    public long[] counts() {
        long[] copy = new long[counts.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = counts.get(i);
        }
        return copy;
    }

    public double totalSeconds() {
        return nanos.sum() / 1e9;
    }

    public long writes() {
        return writes.sum();
    }
}
