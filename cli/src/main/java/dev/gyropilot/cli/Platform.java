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
import dev.gyropilot.node.ProcessNode;
import dev.gyropilot.node.image.Image;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The composition root: all parts of Gyropilot in one process, started in the order in which they need each other. */
final class Platform implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Platform.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);

    /** Closed in reverse order. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private final Home home;

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
        requireFree("--api-port", options.apiPort());
        requireFree("--gateway-port", options.gatewayPort());

        terminal.doing("starting the Kubernetes API");
        ApiServer api = add(ApiServer.start(
                configuration.section("apiServer", ApiServerConfig.of(home.directory().resolve("apiserver"), options.apiPort()))));
        api.writeAdminKubeconfig(home.kubeconfig());
        Cluster cluster = add(new Cluster(Clients.of(home.kubeconfig()), clock, "gyropilot"));

        terminal.doing("starting controllers, scheduler, node and gateway");
        Ledger ledger = add(Ledger.open(
                configuration.section("ledger", LedgerConfig.embedded(home.directory().resolve("ledger"))), clock));
        String engines = Names.ENGINES_IMAGE + ":" + Version.current();
        OperatorConfig operator = configuration.section(
                "operator",
                new OperatorConfig(
                        URI.create("http://127.0.0.1:" + options.gatewayPort()),
                        engines,
                        home.models().toString(),
                        OperatorConfig.DEFAULT_HUB,
                        OperatorConfig.DEFAULT_IDLE_SECONDS));
    }

    private <T extends AutoCloseable> T add(T part) {
        synchronized (parts) {
            parts.push(part);
        }
        return part;
    }
}
