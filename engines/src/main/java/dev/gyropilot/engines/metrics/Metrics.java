package dev.gyropilot.engines.metrics;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.DoubleSupplier;

/** A set of metrics, written in Prometheus' text format in the order of their declaration. */
public final class Metrics {
    /** The content type of {@link #text()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final double[] REQUEST_SECONDS = {
        0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0,
        1920.0, 7680.0
    };
    private static final double[] SHORT_SECONDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0
    };

    private final List<Family> families = new ArrayList<>();

    /** What one line or a few show. */
    public sealed interface Sample {
        /** Appends them. */
        void write(StringBuilder out, String name);
    }

    private record Family(String name, String type, String help, List<Sample> samples) {}

    /** A number that only grows; its name ends in {@code _total}. */
    public static final class Counter implements Sample {
        private final String labels;
        private final AtomicLong value = new AtomicLong();

        private Counter(String labels) {
            this.labels = labels;
        }

        /** Adds one. */
        public void increment() {
            value.incrementAndGet();
        }

        /** Adds an amount that is not negative. */
        public void add(long amount) {
            value.addAndGet(amount);
        }

        /** The sum so far. */
        public long value() {
            return value.get();
        }

        @Override
        public void write(StringBuilder out, String name) {
            line(out, name, labels, (double) value.get());
        }
    }

    private record Gauge(String labels, DoubleSupplier value) implements Sample {
        @Override
        public void write(StringBuilder out, String name) {
            line(out, name, labels, value.getAsDouble());
        }
    }

    /** Observations counted by upper bounds. */
    public static final class Histogram implements Sample {
        private final String labels;
        private final double[] bounds;
        private final AtomicLongArray counts;
        private final DoubleAdder sum = new DoubleAdder();

        private Histogram(String labels, double[] bounds) {
            this.labels = labels;
            this.bounds = bounds.clone();
            this.counts = new AtomicLongArray(bounds.length + 1);
        }

        /** Counts one observation. */
        public void observe(double value) {
            observe(value, 1);
        }

        /** Counts the same observation several times. */
        public void observe(double value, int times) {
            int bucket = 0;
            while (bucket < bounds.length && value > bounds[bucket]) {
                bucket++;
            }
            counts.addAndGet(bucket, times);
            sum.add(value * times);
        }

        @Override
        public void write(StringBuilder out, String name) {
            long seen = 0;
            for (int i = 0; i <= bounds.length; i++) {
                seen += counts.get(i);
                String bound = i == bounds.length ? "+Inf" : number(bounds[i]);
                line(out, name + "_bucket", join(labels, "le=\"" + bound + "\""), (double) seen);
            }
            line(out, name + "_sum", labels, sum.sum());
            line(out, name + "_count", labels, (double) seen);
        }

        private static String join(String labels, String more) {
            return labels.isEmpty() ? more : labels + "," + more;
        }
    }

    /** Bounds in seconds for whole requests, as vLLM has them. */
    public static double[] requestSeconds() {
        return REQUEST_SECONDS.clone();
    }

    /** Bounds in seconds for requests that take milliseconds. */
    public static double[] shortSeconds() {
        return SHORT_SECONDS.clone();
    }

    /** A counter; labels as {@code key, value, key, value}. */
    public Counter counter(String name, String help, String... labels) {
        Counter counter = new Counter(labels(labels));
        add(name, "counter", help, counter);
        return counter;
    }

    /** A value that is asked for at each scrape. */
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        add(name, "gauge", help, new Gauge(labels(labels), value));
    }

    /** A histogram with these upper bounds, ascending; the last, infinity, is added. */
    public Histogram histogram(String name, String help, double[] bounds, String... labels) {
        Histogram histogram = new Histogram(labels(labels), bounds);
        add(name, "histogram", help, histogram);
        return histogram;
    }

    /** All metrics now. */
    public byte[] text() {
        StringBuilder out = new StringBuilder(4096);
        synchronized (families) {
            for (Family family : families) {
                out.append("# HELP ").append(family.name).append(' ').append(family.help);
                out.append("\n# TYPE ").append(family.name).append(' ').append(family.type);
                out.append('\n');
                for (Sample sample : family.samples) {
                    sample.write(out, family.name);
                }
            }
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void add(String name, String type, String help, Sample sample) {
        synchronized (families) {
            for (Family family : families) {
                if (family.name.equals(name)) {
                    family.samples.add(sample);
                    return;
                }
            }
            families.add(new Family(name, type, help, new ArrayList<>(List.of(sample))));
        }
    }

    private static String labels(String... pairs) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i + 1 < pairs.length; i += 2) {
            out.append(i == 0 ? "" : ",").append(pairs[i]).append("=\"");
            out.append(pairs[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
            out.append('"');
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String name, String labels, double value) {
        out.append(name);
        if (!labels.isEmpty()) {
            out.append('{').append(labels).append('}');
        }
        out.append(' ').append(number(value)).append('\n');
    }

    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return (long) value + ".0";
        }
        return Double.isInfinite(value) ? (value > 0 ? "+Inf" : "-Inf") : Double.toString(value);
    }
}
