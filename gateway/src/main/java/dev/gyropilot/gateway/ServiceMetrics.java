package dev.gyropilot.gateway;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted of one model service. Series exist only for operations and codes that occurred. */
final class ServiceMetrics {
    private final ConcurrentHashMap<Operation, Series> byOperation = new ConcurrentHashMap<>();

    void record(
            Operation operation,
            int status,
            long durationNanos,
            long firstTokenNanos,
            long inputTokens,
            long outputTokens) {
        Series series = series(operation);
        series.code(status).increment();
        if (status == Exchange.STATUS_CLIENT_GONE) {
            return;
        }
        series.duration.record(durationNanos);
        if (firstTokenNanos > 0) {
            series.firstToken.record(firstTokenNanos);
        }
        if (inputTokens > 0) {
            series.input.record(inputTokens);
        }
        if (outputTokens > 0) {
            series.output.record(outputTokens);
        }
    }

    @Nullable
    Series seriesOrNull(Operation operation) {
        return byOperation.get(operation);
    }

    private Series series(Operation operation) {
        Series series = byOperation.get(operation);
        return series == null ? byOperation.computeIfAbsent(operation, o -> new Series()) : series;
    }

    /** One operation's series. */
    static final class Series {
        final Histogram duration = new Histogram(Histogram.DURATION_SECONDS, 1e-9);
        final Histogram firstToken = new Histogram(Histogram.FIRST_TOKEN_SECONDS, 1e-9);
        final Histogram input = new Histogram(Histogram.TOKENS, 1);
        final Histogram output = new Histogram(Histogram.TOKENS, 1);
        private final LongAdder ok = new LongAdder();
        private final ConcurrentHashMap<Integer, LongAdder> others = new ConcurrentHashMap<>();

        LongAdder code(int status) {
            return status == 200 ? ok : others.computeIfAbsent(status, s -> new LongAdder());
        }

        /** Writes requests by code. */
        void writeCodes(StringBuilder out, String name, String labels) {
            if (ok.sum() > 0) {
                line(out, name, labels, 200, ok);
            }
            others.forEach((status, count) -> line(out, name, labels, status, count));
        }

        private static void line(StringBuilder out, String name, String labels, int status, LongAdder count) {
            out.append(name)
                    .append('{')
                    .append(labels)
                    .append(",http_response_status_code=\"")
                    .append(status);
            out.append("\"} ").append(count.sum()).append('\n');
        }
    }
}
