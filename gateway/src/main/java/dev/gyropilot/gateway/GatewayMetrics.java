package dev.gyropilot.gateway;

import dev.gyropilot.gateway.scan.Bytes;
import dev.gyropilot.ledger.LedgerStats;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The gateway's counters, and all of its metrics as Prometheus text. Labels are services, operations and codes only. */
final class GatewayMetrics {
    private static final String PREFIX = "gyropilot_gateway_";

    private final LongAdder retries = new LongAdder();
    private final LongAdder upstreamConnects = new LongAdder();
    private final LongAdder ejections = new LongAdder();
    private final LongAdder slowClients = new LongAdder();
    private final LongAdder cutStreams = new LongAdder();
    private final LongAdder limited = new LongAdder();
    private final LongAdder heldTotal = new LongAdder();
    private final ConcurrentHashMap<Integer, LongAdder> refused = new ConcurrentHashMap<>();

    void retry() {
        retries.increment();
    }

    void upstreamConnect() {
        upstreamConnects.increment();
    }

    void ejection() {
        ejections.increment();
    }

    void slowClientCut() {
        slowClients.increment();
    }

    void streamCut() {
        cutStreams.increment();
    }

    void limitReached() {
        limited.increment();
    }

    void held() {
        heldTotal.increment();
    }

    /** A request that reached no service: bad credentials, unknown models, malformed requests. */
    void refused(int status) {
        refused.computeIfAbsent(status, s -> new LongAdder()).increment();
    }

    long retries() {
        return retries.sum();
    }

    long ejections() {
        return ejections.sum();
    }

    String render(Gateway gateway) {
        StringBuilder out = new StringBuilder(16 * 1024);
        services(out, gateway);
        head(out, PREFIX + "refused_total", "counter", "Requests that reached no model service, by HTTP status.");
        new TreeMap<>(refused)
                .forEach((status, count) -> out.append(PREFIX + "refused_total{code=\"")
                        .append(status)
                        .append("\"} ")
                        .append(count.sum())
                        .append('\n'));
        counter(out, "retries_total", "Attempts repeated at another replica.", retries.sum());
        counter(out, "upstream_connects_total", "Connections opened to replicas.", upstreamConnects.sum());
        counter(out, "ejections_total", "Replicas left out for a while after a failure.", ejections.sum());
        counter(out, "held_total", "Requests that had to wait for a replica.", heldTotal.sum());
        counter(out, "limited_total", "Requests refused because a limit was reached.", limited.sum());
        counter(out, "slow_clients_cut_total", "Connections cut because the client read nothing.", slowClients.sum());
        counter(out, "streams_cut_total", "Answers that a replica broke off after they had begun.", cutStreams.sum());
        gauge(out, "requests_in_flight", "Requests in flight.", gateway.requestsInFlight());
        gauge(out, "connections", "Open client connections.", gateway.connections());
        gauge(out, "buffered_bytes", "Request bodies in memory.", gateway.bufferedBytes());
        gauge(
                out,
                "held_requests",
                "Requests that wait for a replica.",
                gateway.holdBudget().requests());
        gauge(
                out,
                "held_bytes",
                "Bodies of requests that wait for a replica.",
                gateway.holdBudget().bytes());
        ledger(out, gateway.ledger().stats());
        return out.toString();
    }

    private static void services(StringBuilder out, Gateway gateway) {
        head(out, PREFIX + "requests_total", "counter", "Requests that reached a model service.");
        each(gateway, (labels, series) -> series.writeCodes(out, PREFIX + "requests_total", labels));
        histogram(out, gateway, "gen_ai_server_request_duration_seconds", "Duration of requests.", s -> s.duration);
        histogram(
                out,
                gateway,
                "gen_ai_server_time_to_first_token_seconds",
                "Time from a request's arrival to the first event of its stream.",
                s -> s.firstToken);
        head(out, "gen_ai_client_token_usage", "histogram", "Tokens of requests.");
        each(gateway, (labels, series) -> {
            series.input.write(out, "gen_ai_client_token_usage", labels + ",gen_ai_token_type=\"input\"");
            series.output.write(out, "gen_ai_client_token_usage", labels + ",gen_ai_token_type=\"output\"");
        });
        head(out, PREFIX + "replicas", "gauge", "Ready replicas of a model service.");
        for (ServiceState service : gateway.table().services()) {
            out.append(PREFIX + "replicas{").append(labels(service)).append("} ");
            out.append(service.replicas().size()).append('\n');
        }
    }

    private static void histogram(
            StringBuilder out,
            Gateway gateway,
            String name,
            String help,
            Function<ServiceMetrics.Series, Histogram> histogram) {
        head(out, name, "histogram", help);
        each(gateway, (labels, series) -> histogram.apply(series).write(out, name, labels));
    }

    private static void each(Gateway gateway, BiConsumer<String, ServiceMetrics.Series> consumer) {
        for (ServiceState service : gateway.table().services()) {
            for (Operation operation : Operation.values()) {
                ServiceMetrics.Series series = service.metrics().seriesOrNull(operation);
                if (series != null) {
                    consumer.accept(
                            labels(service) + ",gen_ai_operation_name=\"" + operation.telemetryName() + "\"", series);
                }
            }
        }
    }

    private static String labels(ServiceState service) {
        return "namespace=" + Bytes.quote(service.key().namespace()) + ",gen_ai_request_model="
                + Bytes.quote(service.key().name());
    }

    private static void ledger(StringBuilder out, LedgerStats stats) {
        Map<String, Long> counters = new TreeMap<>(Map.of(
                "written", stats.written(),
                "spilled", stats.spilled(),
                "dropped", stats.dropped(),
                "rejected", stats.rejected()));
        counters.forEach((name, value) -> {
            String full = "gyropilot_ledger_records_" + name + "_total";
            head(out, full, "counter", "Usage records " + name + ".");
            out.append(full).append(' ').append(value).append('\n');
        });
        Map<String, Long> gauges = new TreeMap<>(Map.of(
                "queued_records", stats.queued(),
                "spill_bytes", stats.spillBytes(),
                "connected", stats.connected() ? 1L : 0L));
        gauges.forEach((name, value) -> {
            String full = "gyropilot_ledger_" + name;
            head(out, full, "gauge", "The ledger's " + name.replace('_', ' ') + ".");
            out.append(full).append(' ').append(value).append('\n');
        });
    }

    private static void counter(StringBuilder out, String name, String help, long value) {
        head(out, PREFIX + name, "counter", help);
        out.append(PREFIX).append(name).append(' ').append(value).append('\n');
    }

    private static void gauge(StringBuilder out, String name, String help, long value) {
        head(out, PREFIX + name, "gauge", help);
        out.append(PREFIX).append(name).append(' ').append(value).append('\n');
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
