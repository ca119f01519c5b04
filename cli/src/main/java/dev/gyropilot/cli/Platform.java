package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.apiserver.controllers.WorkloadControllers;
import dev.gyropilot.gateway.Gateway;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.node.NodeConfig;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.node.ProcessNode;
import dev.gyropilot.node.image.ImageTable;
import dev.gyropilot.node.simulate.SimulatedNodes;
import dev.gyropilot.node.simulate.SimulationConfig;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The composition root: all parts of Gyropilot in one process, started in the order in which they need each other. */
final class Platform implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Platform.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);
    private static final Duration PODS_LIMIT = Duration.ofSeconds(40);

    private final Home home;

    /** Closed in reverse order of their start. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

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
        Configuration configuration = Configuration.read(home.directory().resolve("config.yaml"));
        int apiPort = freePort("--api-port", options.apiPort());
        int gatewayPort = freePort("--gateway-port", options.gatewayPort());
        String gatewayUrl = "http://127.0.0.1:" + gatewayPort;

        terminal.doing("starting the Kubernetes API");
        FutureTask<Ledger> ledger = background(() -> add(Ledger.open(
                configuration.section(
                        "ledger", LedgerConfig.embedded(home.directory().resolve("ledger"))),
                clock)));
        ApiServer api = add(ApiServer.start(configuration.section(
                "apiServer", ApiServerConfig.of(home.directory().resolve("apiserver"), apiPort))));
        api.writeKubeconfig(home.kubeconfig(), ApiServer.ADMIN);
        home.writeRunState(RunState.ofThisProcess(Version.current(), api.url(), gatewayUrl, false));
        Cluster cluster = add(new Cluster(Clients.of(home.kubeconfig()), clock, "gyropilot"));

        terminal.doing("starting controllers, scheduler, node and gateway");
        OperatorConfig operator = configuration.section(
                "operator",
                new OperatorConfig(
                        URI.create(gatewayUrl),
                        Names.ENGINES_IMAGE + ":" + Version.current(),
                        home.models().toString(),
                        OperatorConfig.DEFAULT_HUB,
                        OperatorConfig.DEFAULT_IDLE_SECONDS));
        GatewayConfig gateway =
                configuration.section("gateway", GatewayConfig.defaults().withPort(gatewayPort));
        SchedulerConfig scheduler = configuration.section("scheduler", SchedulerConfig.embedded());
        NodeConfig node = configuration.section("node", nodeConfig());
        all(
                background(() -> add(WorkloadControllers.start(cluster, api.caPem()))),
                background(() -> add(Scheduler.start(scheduler, cluster))),
                background(() -> addNode(ProcessNode.start(node, cluster, nodeCredentials(api, node.name())))),
                background(() -> {
                    add(Operator.start(operator, cluster));
                    ApiKeys.publish(cluster.client(), home.apiKey());
                    return addGateway(Gateway.start(gateway, cluster, ledger.get()));
                }));
        simulate(options.simulate(), api, cluster, terminal);
        home.writeRunState(RunState.ofThisProcess(Version.current(), api.url(), gatewayUrl, true));
    }

    /** Simulated nodes are there as long as they are asked for; those of an earlier run go. */
    private void simulate(List<String> specifications, ApiServer api, Cluster cluster, Terminal terminal)
            throws InterruptedException {
        if (specifications.isEmpty()) {
            SimulatedNodes.clear(cluster);
            return;
        }
        String all = String.join(",", specifications);
        terminal.doing("adding simulated nodes " + all);
        SimulatedEngines engines = add(new SimulatedEngines());
        SimulatedNodes nodes = SimulatedNodes.start(
                all, cluster, nodeCredentials(api, "simulated"), SimulationConfig.DEFAULT, engines);
        add(nodes::abandon);
    }

    private NodeConfig nodeConfig() {
        ImageTable images =
                new ImageTable(LocalImages.builtIn(), home.directory().resolve("node.yaml"));
        return NodeConfig.of(LocalImages.hostName(), home.directory().resolve("node"), images);
    }

    private static NodeCredentials nodeCredentials(ApiServer api, String name) {
        var identity = api.servingIdentity("node-" + name, List.of("127.0.0.1", "localhost", name));
        return NodeCredentials.fromPem(
                identity.certificatePem(), identity.keyPem(), api.caPem(), Set.of("kube-apiserver-kubelet-client"));
    }

    private ProcessNode addNode(ProcessNode node) {
        add(() -> node.shutDown(PODS_LIMIT));
        return node;
    }

    private Gateway addGateway(Gateway gateway) {
        add(() -> {
            gateway.drain(DRAIN_LIMIT);
            gateway.close();
        });
        return gateway;
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

    private <T extends AutoCloseable> T add(T part) {
        synchronized (parts) {
            parts.push(part);
        }
        return part;
    }

    @Override
    public void close() {
        while (true) {
            AutoCloseable part;
            synchronized (parts) {
                if (parts.isEmpty()) {
                    break;
                }
                part = parts.pop();
            }
            try {
                part.close();
            } catch (Exception e) {
                log.warn("{} did not stop cleanly", part, e);
            }
        }
        home.clearRunState();
    }
}
