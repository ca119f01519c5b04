package dev.gyropilot.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the gateway costs: requests a second and CPU time for each request and each streamed event, and the latency that it adds,
 * with nginx and haproxy as plain proxies in the same run where they are installed. All against one canned back end. The peers
 * do less: no keys, no model names, no usage.
 *
 * <p>CPU time is the kernel's count for the process, so other work on the machine blurs it little; rates and latencies are as
 * good as the machine is idle.
 */
public final class GatewayBench {
    private static final int CONNECTIONS = 64;
    private static final double SECONDS = 5;
    private static final double WARM_UP_SECONDS = 3;
    private static final int WARM_UP_ROUNDS = 15;
    private static final double STEADY = 0.05;

    private final double seconds;
    private final Path directory;

    private GatewayBench(double seconds, Path directory) {
        this.seconds = seconds;
        this.directory = directory;
    }

    /** Prints the rows as JSON. Arguments: {@code --seconds N} for each measurement, 5 unless told. */
    public static void main(String[] arguments) throws IOException {
        double seconds = SECONDS;
        for (int i = 0; i + 1 < arguments.length; i++) {
            if (arguments[i].equals("--seconds")) {
                seconds = Double.parseDouble(arguments[i + 1]);
            }
        }
        System.out.println(
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(run(seconds)));
    }

    /** Measures everything, 5 seconds each. */
    public static List<Row> run() throws IOException {
        return run(SECONDS);
    }

    /** Measures everything; about a minute and a half at 5 seconds. */
    public static List<Row> run(double seconds) throws IOException {
        Path directory = Files.createTempDirectory("gyropilot-bench");
        return new GatewayBench(seconds, directory).measure();
    }

    private List<Row> measure() throws IOException {
        List<Row> rows = new ArrayList<>();
        try (BenchProcess backend = backend("json")) {
            Load direct = load(backend.port(), 1, seconds, "json");
            Map<String, Figures> figures = new LinkedHashMap<>();
            for (Proxy proxy : proxies(backend.port())) {
                figures.put(proxy.name(), requests(proxy, direct));
            }
            add(rows, "gateway.requests_per_second", "1/s", figures, "requestsPerSecond");
            add(rows, "gateway.cpu_micros_per_request", "us", figures, "cpuMicros");
            add(rows, "gateway.added_p50_micros", "us", figures, "addedP50");
            add(rows, "gateway.added_p99_micros", "us", figures, "addedP99");
            add(rows, "gateway.resident", "MiB", figures, "resident");
        }
        try (BenchProcess backend = backend("stream")) {
            Map<String, Figures> figures = new LinkedHashMap<>();
            for (Proxy proxy : proxies(backend.port())) {
                figures.put(proxy.name(), events(proxy));
            }
            add(rows, "gateway.events_per_second", "1/s", figures, "requestsPerSecond");
            add(rows, "gateway.cpu_micros_per_event", "us", figures, "cpuMicros");
        }
        return rows;
    }

    /** One row for each peer, or one without a peer. */
    private static void add(List<Row> rows, String name, String unit, Map<String, Figures> figures, String figure) {
        double own = Objects.requireNonNull(figures.get("gateway")).values().getOrDefault(figure, 0.0);
        boolean alone = true;
        for (Map.Entry<String, Figures> peer : figures.entrySet()) {
            if (!peer.getKey().equals("gateway")) {
                rows.add(new Row(
                        name, own, unit, peer.getKey(), peer.getValue().values().get(figure)));
                alone = false;
            }
        }
        if (alone) {
            rows.add(Row.alone(name, own, unit));
        }
    }

    private Figures requests(Proxy proxy, Load direct) throws IOException {
        try (BenchProcess process = proxy.start()) {
            warmUp(process, proxy, "json");
            Load single = load(process.port(), 1, seconds, "json");
            double before = process.cpuSeconds();
            Load many = load(process.port(), CONNECTIONS, seconds, "json");
            double cpu = process.cpuSeconds() - before;
            return new Figures(Map.of(
                    "requestsPerSecond",
                    many.answers() / many.seconds(),
                    // The load runs a moment before and after the count as well: the share of that is taken out.
                    "cpuMicros",
                    cpu * 1e6 / many.answersIn(many.seconds() + 0.3),
                    "addedP50",
                    (double) single.p50Micros() - direct.p50Micros(),
                    "addedP99",
                    (double) single.p99Micros() - direct.p99Micros(),
                    "resident",
                    process.residentMebibytes()));
        }
    }

    private Figures events(Proxy proxy) throws IOException {
        try (BenchProcess process = proxy.start()) {
            warmUp(process, proxy, "stream");
            double before = process.cpuSeconds();
            Load many = load(process.port(), CONNECTIONS, seconds, "stream");
            double cpu = process.cpuSeconds() - before;
            int events = CannedBackend.EVENTS + 1;
            return new Figures(Map.of(
                    "requestsPerSecond",
                    many.answers() * events / many.seconds(),
                    "cpuMicros",
                    cpu * 1e6 / (many.answersIn(many.seconds() + 0.3) * events)));
        }
    }

    /** Until the CPU time for each answer falls no more: on a busy machine a JVM's compilers take their time. */
    private static void warmUp(BenchProcess process, Proxy proxy, String kind) throws IOException {
        double last = Double.MAX_VALUE;
        for (int round = 0; round < proxy.warmUpRounds(); round++) {
            double before = process.cpuSeconds();
            Load load = load(process.port(), CONNECTIONS, WARM_UP_SECONDS, kind);
            double cost = (process.cpuSeconds() - before) / load.answers();
            if (cost > last * (1 - STEADY)) {
                return;
            }
            last = cost;
        }
    }

    private static Load load(int port, int connections, double seconds, String kind) throws IOException {
        String[] printed = BenchProcess.run(
                        LoadGenerator.class,
                        List.of(Integer.toString(port), Integer.toString(connections), Double.toString(seconds), kind))
                .split(" ", -1);
        Load load = new Load(
                Long.parseLong(printed[0]),
                Long.parseLong(printed[1]),
                Double.parseDouble(printed[2]),
                Long.parseLong(printed[3]),
                Long.parseLong(printed[4]));
        if (load.failures() > 0 || load.answers() == 0) {
            throw new IOException(load.failures() + " of the answers from port " + port + " were errors, "
                    + load.answers() + " came");
        }
        return load;
    }

    private BenchProcess backend(String kind) throws IOException {
        int port = BenchProcess.freePort();
        Optional<String> nginx = BenchProcess.find("nginx");
        if (kind.equals("json") && nginx.isPresent()) {
            String server = "location / { default_type application/json; return 200 '" + CannedBackend.JSON + "'; }";
            return BenchProcess.start(nginx(nginx.get(), port, "", server), port);
        }
        return BenchProcess.java(
                CannedBackend.class,
                port,
                List.of("-XX:+UseSerialGC", "-Xmx64m"),
                List.of(Integer.toString(port), kind));
    }

    private List<Proxy> proxies(int backendPort) {
        List<Proxy> proxies = new ArrayList<>();
        proxies.add(new Proxy("gateway", WARM_UP_ROUNDS, () -> {
            int port = BenchProcess.freePort();
            return BenchProcess.java(
                    GatewayServer.class,
                    port,
                    List.of("-XX:+UseG1GC", "-Xmx256m"),
                    List.of(
                            Integer.toString(port),
                            Integer.toString(backendPort),
                            Files.createTempDirectory(directory, "ledger").toString()));
        }));
        BenchProcess.find("nginx")
                .ifPresent(program -> proxies.add(new Proxy("nginx", 1, () -> {
                    int port = BenchProcess.freePort();
                    String upstream = "upstream u { server 127.0.0.1:" + backendPort + "; keepalive 128; }";
                    String server =
                            "location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\";"
                                    + " proxy_buffering off; }";
                    return BenchProcess.start(nginx(program, port, upstream, server), port);
                })));
        BenchProcess.find("haproxy")
                .ifPresent(program -> proxies.add(new Proxy("haproxy", 1, () -> {
                    int port = BenchProcess.freePort();
                    Path file = Files.createTempFile(directory, "haproxy", ".cfg");
                    Files.writeString(
                            file,
                            "global\n  nbthread 2\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n"
                                    + "  timeout server 60s\n  http-reuse always\nfrontend f\n  bind 127.0.0.1:" + port
                                    + "\n  default_backend b\nbackend b\n  server s 127.0.0.1:" + backendPort + "\n");
                    return BenchProcess.start(List.of(program, "-db", "-q", "-f", file.toString()), port);
                })));
        return proxies;
    }

    private List<String> nginx(String program, int port, String upstream, String server) throws IOException {
        Path home = Files.createTempDirectory(directory, "nginx");
        Path file = home.resolve("nginx.conf");
        Files.writeString(
                file,
                "daemon off; master_process off; pid " + home.resolve("pid") + "; error_log "
                        + home.resolve("error.log")
                        + " crit;\nevents { worker_connections 1024; }\nhttp { access_log off; keepalive_requests 1000000000;"
                        + " client_body_temp_path " + home.resolve("body") + "; proxy_temp_path "
                        + home.resolve("proxy")
                        + "; fastcgi_temp_path " + home.resolve("fastcgi") + "; uwsgi_temp_path "
                        + home.resolve("uwsgi")
                        + "; scgi_temp_path " + home.resolve("scgi") + ";\n" + upstream + "\nserver { listen 127.0.0.1:"
                        + port + " backlog=1024; " + server + " } }\n");
        return List.of(
                program,
                "-p",
                home.toString(),
                "-c",
                file.toString(),
                "-e",
                home.resolve("error.log").toString());
    }

    /** What a run of the load found. */
    private record Load(long answers, long failures, double seconds, long p50Micros, long p99Micros) {
        double answersIn(double time) {
            return answers * time / seconds;
        }
    }

    private record Figures(Map<String, Double> values) {}

    /** Something in front of the back end. */
    private record Proxy(String name, int warmUpRounds, Starter starter) {
        BenchProcess start() throws IOException {
            return starter.start();
        }
    }

    @FunctionalInterface
    private interface Starter {
        BenchProcess start() throws IOException;
    }
}
