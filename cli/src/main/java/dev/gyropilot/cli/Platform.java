package dev.gyropilot.cli;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.gateway.Gateway;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.node.NodeConfig;
import dev.gyropilot.node.ProcessNode;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.node.simulate.SimulatedNodes;
import dev.gyropilot.node.simulate.SimulationConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The composition root: all parts of Gyropilot in one process, started in the order in which they need each other. */
final class Platform implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Platform.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);
    private static final Duration PODS_LIMIT = Duration.ofSeconds(40);
    /** The parts in the order in which they need each other; they are closed in the reverse order. */
    private enum Part {
        POD_RANGES,
        API,
        LEDGER,
        CONTROLLERS,
        SCHEDULER,
        OPERATOR,
        NODE,
        SIMULATED_ENGINES,
        SIMULATED_NODES,
        GATEWAY
    }

    private final Home home;
    private final PodRanges podRanges = new PodRanges();

    private final ConcurrentSkipListMap<Part, AutoCloseable> parts = new ConcurrentSkipListMap<>();

    private Platform(Home home) {
        this.home = home;
    }

    /** Returns when all parts are ready; on failure what was started is stopped again. */
    static Platform start(Home home, PlatformOptions options, Terminal terminal) throws Exception {
        Platform platform = new Platform(home);
        try {
            platform.startAll(options, terminal);
            return platform;
        } catch (Exception e) {
            platform.close();
            throw e;
        }
    }

    private void startAll(PlatformOptions options, Terminal terminal) throws Exception {
        InstantSource clock = InstantSource.system();
        parts.put(Part.POD_RANGES, podRanges);
        Configuration configuration = Configuration.read(home.directory().resolve("config.yaml"));
        int apiPort = options.kubeconfig() == null ? freePort("--api-port", options.apiPort()) : 0;
        int gatewayPort = freePort("--gateway-port", options.gatewayPort());
        URI gatewayUrl = URI.create("http://127.0.0.1:" + gatewayPort);
        LedgerConfig ledgerConfig = configuration.section(
                "ledger", LedgerConfig.embedded(home.directory().resolve("ledger")));
        GatewayConfig gatewayConfig =
                configuration.section("gateway", GatewayConfig.defaults().withPort(gatewayPort));

        terminal.doing(
                options.kubeconfig() == null ? "starting the Kubernetes API" : "joining " + options.kubeconfig());
        SqliteLibrary.unpackOnce(home.directory().resolve("cache").resolve("native"));
        FutureTask<Ledger> ledger = background(() -> start(Part.LEDGER, () -> Ledger.open(ledgerConfig, clock)));
        ControlPlane control = start(
                Part.API,
                () -> options.kubeconfig() == null
                        ? EmbeddedControlPlane.start(home, configuration, apiPort, clock)
                        : JoinedControlPlane.join(home, configuration, options.kubeconfig(), clock));
        control.check(gatewayUrl);
        NodeConfig nodeConfig = configuration.section("node", nodeConfig(control.podAddresses()));
        home.writeRunState(RunState.ofThisProcess(Version.current(), control.url(), gatewayUrl.toString(), false));
        Cluster cluster = control.cluster();

        terminal.doing("starting controllers, scheduler, node and gateway");
        all(
                background(() -> start(Part.CONTROLLERS, control::startControllers)),
                background(() -> start(Part.SCHEDULER, control::startScheduler)),
                background(() -> start(Part.NODE, () -> {
                    ProcessNode node =
                            ProcessNode.start(nodeConfig, cluster, control.nodeCredentials(nodeConfig.name()));
                    return (AutoCloseable) () -> node.shutDown(PODS_LIMIT);
                })),
                background(() -> {
                    start(Part.OPERATOR, () -> control.startOperator(gatewayUrl));
                    ApiKeys.publish(cluster.client(), home.apiKey());
                    return start(Part.GATEWAY, () -> {
                        Gateway gateway = Gateway.start(gatewayConfig, cluster, ledger.get());
                        return (AutoCloseable) () -> {
                            gateway.drain(DRAIN_LIMIT);
                            gateway.close();
                        };
                    });
                }));
        simulate(options.simulate(), control, terminal);
        home.writeRunState(RunState.ofThisProcess(Version.current(), control.url(), gatewayUrl.toString(), true));
    }

    /** Simulated nodes are there as long as they are asked for; those of an earlier run go. */
    private void simulate(List<String> specifications, ControlPlane control, Terminal terminal) throws Exception {
        Cluster cluster = control.cluster();
        ControlPlane.PodAddresses addresses = control.podAddresses();
        if (specifications.isEmpty()) {
            SimulatedNodes.clear(cluster);
            return;
        }
        String all = String.join(",", specifications);
        terminal.doing("adding simulated nodes " + all);
        SimulatedEngines engines = start(Part.SIMULATED_ENGINES, SimulatedEngines::new);
        start(Part.SIMULATED_NODES, () -> {
            SimulatedNodes nodes = SimulatedNodes.start(
                    all,
                    cluster,
                    control.nodeCredentials("simulated"),
                    SimulationConfig.DEFAULT.withPodRange(ownPart(addresses.simulated(), addresses.simulatedPrefix())),
                    engines);
            return (AutoCloseable) nodes::abandon;
        });
    }

    private NodeConfig nodeConfig(ControlPlane.PodAddresses addresses) {
        ImageTable images =
                new ImageTable(LocalImages.builtIn(home), home.directory().resolve("node.yaml"));
        return NodeConfig.of(LocalImages.hostName(), home.directory().resolve("node"), images)
                .withPodRange(ownPart(addresses.processes(), addresses.processPrefix()));
    }

    private String ownPart(String range, int prefix) {
        return podRanges.hold(range, prefix, home.directory().toString());
    }

    /** The port itself, or a free one for 0; an error that names the option when it is taken. */
    private static int freePort(String option, int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new CliError(
                    "port " + port + " is in use by another program",
                    "Choose another with " + option + " PORT (0 takes a free one), or stop that program.",
                    e);
        }
    }

    private static <T> FutureTask<T> background(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private static void all(FutureTask<?>... tasks) throws Exception {
        List<Exception> failures = new ArrayList<>();
        for (FutureTask<?> task : tasks) {
            try {
                task.get();
            } catch (ExecutionException e) {
                failures.add(e.getCause() instanceof Exception cause ? cause : e);
            }
        }
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    private <T extends AutoCloseable> T start(Part part, Callable<T> starter) throws Exception {
        long begin = System.nanoTime();
        T started = starter.call();
        parts.put(part, started);
        log.info(
                "{} started in {} ms",
                part,
                Duration.ofNanos(System.nanoTime() - begin).toMillis());
        return started;
    }

    @Override
    public void close() {
        for (var entry = parts.pollLastEntry(); entry != null; entry = parts.pollLastEntry()) {
            try {
                entry.getValue().close();
            } catch (Exception e) {
                log.warn("{} did not stop cleanly", entry.getKey(), e);
            }
        }
        home.clearRunState();
    }
}
