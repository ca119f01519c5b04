package dev.gyropilot.apiserver.discovery;

import dev.gyropilot.apiserver.rest.Api;
import dev.gyropilot.apiserver.store.Latencies;
import dev.gyropilot.apiserver.store.Store;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** The figures of the server in Prometheus' text form, under the names that Kubernetes uses. */
public final class Metrics implements Api.Meter {
    /** Label values come from served kinds and status codes only; this bounds them all the same. */
    private static final int MAX_SERIES = 4096;

    private record Series(String verb, String resource, int code) {}

    private static final class Sum {
        final LongAdder count = new LongAdder();
        final LongAdder nanos = new LongAdder();
    }

    private final Map<Series, Sum> requests = new ConcurrentHashMap<>();

    @Override
    public void request(String verb, String resource, int code, long nanos) {
        Series series = new Series(verb, resource, code);
        Sum sum = requests.get(series);
        if (sum == null) {
            if (requests.size() >= MAX_SERIES) {
                return;
            }
            sum = requests.computeIfAbsent(series, s -> new Sum());
        }
        sum.count.increment();
        sum.nanos.add(nanos);
    }

    String text(Store store, IntSupplier watches) {
        StringBuilder text = new StringBuilder(8192);
        head(text, "apiserver_request_total", "counter", "Requests by verb, resource and status code.");
        requests.forEach((series, sum) -> text.append("apiserver_request_total")
                .append(labels(series))
                .append(sum.count.sum())
                .append('\n'));
        head(text, "apiserver_request_duration_seconds", "summary", "Time from request to answer.");
        requests.forEach((series, sum) -> text.append("apiserver_request_duration_seconds_sum")
                .append(labels(series))
                .append(sum.nanos.sum() / 1e9)
                .append("\napiserver_request_duration_seconds_count")
                .append(labels(series))
                .append(sum.count.sum())
                .append('\n'));
        head(text, "apiserver_longrunning_requests", "gauge", "Open watches.");
        text.append("apiserver_longrunning_requests{verb=\"WATCH\"} ")
                .append(watches.getAsInt())
                .append('\n');
        head(text, "apiserver_storage_objects", "gauge", "Stored objects by resource.");
        store.counts()
                .forEach((resource, count) -> text.append("apiserver_storage_objects{resource=\"")
                        .append(resource)
                        .append("\"} ")
                        .append(count)
                        .append('\n'));
        commits(text, store.latencies());
        head(text, "gyropilot_store_revision", "counter", "Newest revision.");
        text.append("gyropilot_store_revision ").append(store.revision()).append('\n');
        return text.toString();
    }

    private static void commits(StringBuilder text, Latencies latencies) {
        String name = "gyropilot_store_commit_duration_seconds";
        head(text, name, "histogram", "Time until a group of writes was on disk.");
        double[] bounds = latencies.bounds();
        long[] counts = latencies.counts();
        long cumulated = 0;
        for (int i = 0; i < counts.length; i++) {
            cumulated += counts[i];
            String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
            text.append(name)
                    .append("_bucket{le=\"")
                    .append(bound)
                    .append("\"} ")
                    .append(cumulated)
                    .append('\n');
        }
        text.append(name).append("_sum ").append(latencies.totalSeconds()).append('\n');
        text.append(name).append("_count ").append(cumulated).append('\n');
        head(text, "gyropilot_store_writes_total", "counter", "Writes that are on disk.");
        text.append("gyropilot_store_writes_total ").append(latencies.writes()).append('\n');
    }

    private static String labels(Series series) {
        return "{verb=\"" + series.verb.toUpperCase(Locale.ROOT) + "\",resource=\"" + series.resource + "\",code=\""
                + series.code + "\"} ";
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
