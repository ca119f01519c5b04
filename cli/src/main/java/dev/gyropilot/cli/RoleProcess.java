package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.gateway.Gateway;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.node.gpu.GpuDiscovery;
import dev.gyropilot.node.gpu.NodeAgent;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One role of Gyropilot on a cluster, in a process of its own. */
final class RoleProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RoleProcess.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(20);
    private static final String NODE_NAME = "GYROPILOT_NODE_NAME";
    private static final int GATEWAY_PORT = 8080;
    /** Endpoints are taken out of Services a moment after a pod is told to end. */
    private static final int LAME_DUCK_MILLIS = 3_000;

    private final Role role;
    private final Path state;
    private final ClusterAccess access;
    private final ApiTraffic traffic;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final RoleWork work;
    private volatile @Nullable Operator operator;

    /**
     * @param state folder for what may be lost with the pod, such as usage that waits for the database
     * @param traffic counts the requests of the role
     */
    RoleProcess(Role role, Path state, ClusterAccess access, ApiTraffic traffic) {
        this.role = role;
        this.state = state;
        this.access = access;
        this.traffic = traffic;
        this.work = switch (role) {
            case operator ->
                new LedWork(this::operatorConfig, (settings, cluster) -> {
                    Operator started = Operator.startInstalled(operatorConfig(settings), cluster);
                    operator = started;
                    return started;
                });
            case scheduler ->
                new LedWork(
                        RoleProcess::schedulerConfig,
                        (settings, cluster) -> Scheduler.start(
                                schedulerConfig(settings), cluster, Optional.of(state.resolve("decisions"))));
            case gateway -> new GatewayWork();
            case node -> new NodeWork();
        };
    }

    /** Checks all settings of the role without starting anything. */
    void check(Configuration configuration) {
        switch (role) {
            case operator -> operatorConfig(configuration);
            case scheduler -> schedulerConfig(configuration);
            case gateway -> {
                gatewayConfig(configuration);
                ledgerConfig(configuration);
            }
            case node -> nodeName();
        }
    }

    /** Starts to work, or to wait for its turn to lead. */
    void start(Configuration configuration) throws Exception {
        work.start(configuration);
    }

    /** Gives the role other settings. */
    void reconfigure(Configuration configuration) throws Exception {
        work.reconfigure(configuration);
    }

    /** A standby is ready too: it can take over at any moment. */
    boolean ready() {
        return work.ready();
    }

    /** Whether this process is the one that acts. */
    boolean acts() {
        return work.acts();
    }

    /** False when only a new process helps. */
    boolean live() {
        return work.live();
    }

    /** Objects that the operator has to look at, or looks at just now. */
    int reconcilesWaiting() {
        Operator current = operator;
        return current == null ? 0 : current.waiting();
    }

    /** How often the operator has looked at an object since it began to act. */
    long reconciles() {
        Operator current = operator;
        return current == null ? 0 : current.reconciles();
    }

    private OperatorConfig operatorConfig(Configuration configuration) {
        String service = "http://gyropilot-gateway." + access.systemNamespace() + ".svc:" + GATEWAY_PORT;
        return configuration.section(
                "operator",
                OperatorConfig.forContainers(
                        URI.create(service), Names.ENGINES_IMAGE + ":" + Version.current(), SchedulerConfig.NAME));
    }

    private static SchedulerConfig schedulerConfig(Configuration configuration) {
        return configuration.section("scheduler", SchedulerConfig.alongside(Set.of(SchedulerConfig.NAME)));
    }

    private static GatewayConfig gatewayConfig(Configuration configuration) {
        return configuration.section(
                "gateway", GatewayConfig.forCluster(GATEWAY_PORT).withLameDuck(LAME_DUCK_MILLIS));
    }

    private LedgerConfig ledgerConfig(Configuration configuration) {
        LedgerConfig embedded = LedgerConfig.embedded(state.resolve("ledger"));
        String url = System.getenv("GYROPILOT_LEDGER_URL");
        LedgerConfig defaults = url == null || url.isEmpty()
                ? embedded
                : LedgerConfig.postgres(
                        url,
                        System.getenv("GYROPILOT_LEDGER_USER"),
                        System.getenv("GYROPILOT_LEDGER_PASSWORD"),
                        state.resolve("ledger"));
        return configuration.section("ledger", defaults);
    }

    private static String nodeName() {
        String name = System.getenv(NODE_NAME);
        if (name == null || name.isEmpty()) {
            throw new CliError(
                    NODE_NAME + " is not set",
                    "Set it to the name of the node on which this runs; the chart takes it from the pod's spec.nodeName.");
        }
        return name;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            work.close();
        }
    }

    /** Operator and scheduler work while they lead; other settings hold from a new term on. */
    private final class LedWork implements RoleWork {
        private final Function<Configuration, ?> section;
        private final Start start;
        private final LedRole led;
        private volatile @Nullable Configuration settings;

        /** Starts the work of one term. */
        private interface Start {
            AutoCloseable by(Configuration settings, Cluster cluster) throws Exception;
        }

        LedWork(Function<Configuration, ?> section, Start start) {
            String identity = LocalImages.hostName() + "_" + UUID.randomUUID();
            this.section = section;
            this.start = start;
            this.led = new LedRole(role, identity, access, traffic, this::begin);
        }

        private AutoCloseable begin(Cluster cluster) throws Exception {
            return start.by(Objects.requireNonNull(settings), cluster);
        }

        @Override
        public void start(Configuration configuration) {
            settings = configuration;
            led.start();
        }

        @Override
        public void reconfigure(Configuration configuration) {
            Configuration former = settings;
            settings = configuration;
            // What concerns other roles disturbs none here.
            if (former == null || !section.apply(former).equals(section.apply(configuration))) {
                led.standAnew();
            }
        }

        @Override
        public boolean ready() {
            return true;
        }

        @Override
        public boolean acts() {
            return led.leads();
        }

        @Override
        public boolean live() {
            return led.live();
        }

        @Override
        public void close() {
            led.close();
        }
    }

    /** The gateway takes other settings while it serves. */
    private final class GatewayWork implements RoleWork {
        private @Nullable Cluster cluster;
        private @Nullable Ledger ledger;
        private volatile @Nullable Gateway gateway;

        @Override
        public void start(Configuration configuration) {
            SqliteLibrary.unpackOnce(state.resolve("native"));
            Cluster opened = access.open(traffic);
            cluster = opened;
            Ledger usage = Ledger.open(ledgerConfig(configuration), InstantSource.system());
            ledger = usage;
            gateway = Gateway.start(gatewayConfig(configuration), opened, usage);
            log.info("{} works", role);
        }

        @Override
        public void reconfigure(Configuration configuration) {
            Gateway current = gateway;
            if (current != null) {
                current.reconfigure(gatewayConfig(configuration));
                log.info("changes of the ledger, of ports and of threads hold after a restart");
            }
        }

        @Override
        public boolean ready() {
            Gateway current = gateway;
            return current != null && current.ready();
        }

        @Override
        public boolean acts() {
            return true;
        }

        @Override
        public boolean live() {
            return true;
        }

        @Override
        public void close() {
            Gateway current = gateway;
            if (current != null) {
                current.drain(DRAIN_LIMIT);
                current.close();
            }
            if (ledger != null) {
                ledger.close();
            }
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    /** The agent of one node; it has no settings. */
    private final class NodeWork implements RoleWork {
        private @Nullable Cluster cluster;
        private volatile @Nullable NodeAgent agent;

        @Override
        public void start(Configuration configuration) {
            Cluster opened = access.open(traffic);
            cluster = opened;
            agent = NodeAgent.start(opened.client(), nodeName(), new GpuDiscovery());
            log.info("{} works", role);
        }

        @Override
        public void reconfigure(Configuration configuration) {}

        @Override
        public boolean ready() {
            NodeAgent current = agent;
            return current != null && current.ready();
        }

        @Override
        public boolean acts() {
            return true;
        }

        @Override
        public boolean live() {
            return true;
        }

        @Override
        public void close() {
            if (agent != null) {
                agent.close();
            }
            if (cluster != null) {
                cluster.close();
            }
        }
    }
}
