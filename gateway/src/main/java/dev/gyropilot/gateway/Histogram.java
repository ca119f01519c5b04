package dev.gyropilot.gateway;

import java.util.concurrent.atomic.LongAdder;

/** A Prometheus histogram with fixed bounds; recording neither locks nor allocates. */
final class Histogram {
    /** OpenTelemetry's bounds for the duration of requests, in seconds. */
    static final double[] DURATION_SECONDS = {
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
    };

    /** OpenTelemetry's bounds for the time to the first token, in seconds. */
    static final double[] FIRST_TOKEN_SECONDS = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0
    };

    /** OpenTelemetry's bounds for tokens. */
    static final double[] TOKENS = {
        1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864
    };

    private final double[] bounds;
    private final double unit;
    private final LongAdder[] counts;
    private final LongAdder sum = new LongAdder();

    /** @param unit what one recorded unit is in the unit of the bounds: 1e-9 for nanoseconds and seconds */
    Histogram(double[] bounds, double unit) {
        this.bounds = bounds;
        this.unit = unit;
        counts = new LongAdder[bounds.length + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void record(long value) {
        double scaled = value * unit;
        int bucket = 0;
        while (bucket < bounds.length && scaled > bounds[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sum.add(value);
    }

    long count() {
        long count = 0;
        for (LongAdder each : counts) {
            count += each.sum();
        }
        return count;
    }

    /** Writes the series with these labels, {@code a="b",c="d"}; nothing if nothing was recorded. */
    void write(StringBuilder out, String name, String labels) {
        long cumulative = 0;
        if (count() == 0) {
            return;
        }
        for (int i = 0; i < bounds.length; i++) {
            cumulative += counts[i].sum();
            out.append(name)
                    .append("_bucket{")
                    .append(labels)
                    .append(",le=\"")
                    .append(number(bounds[i]))
                    .append("\"} ");
            out.append(cumulative).append('\n');
        }
        cumulative += counts[bounds.length].sum();
        out.append(name)
                .append("_bucket{")
                .append(labels)
                .append(",le=\"+Inf\"} ")
                .append(cumulative)
                .append('\n');
        out.append(name)
                .append("_sum{")
                .append(labels)
                .append("} ")
                .append(sum.sum() * unit)
                .append('\n');
        out.append(name)
                .append("_count{")
                .append(labels)
                .append("} ")
                .append(cumulative)
                .append('\n');
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
