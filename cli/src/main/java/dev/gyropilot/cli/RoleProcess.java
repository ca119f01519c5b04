package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Leadership;
import dev.gyropilot.gateway.Gateway;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One role of Gyropilot on a cluster, in a process of its own. */
final class RoleProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RoleProcess.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(20);
    private static final int GATEWAY_PORT = 8080;
    /** Endpoints are taken out of Services a moment after a pod is told to end. */
    private static final int LAME_DUCK_MILLIS = 3_000;

    private final Role role;
    private final Path state;
    private final String identity;
    private final Cluster cluster;
    private final ApiTraffic traffic;
    private final Runnable lost;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable Leadership leadership;
    private volatile @Nullable RoleWork work;

    /**
     * @param state folder for what may be lost with the pod, such as usage that waits for the database
     * @param lost called when this process led and does no more: it must end
     */
    RoleProcess(Role role, Path state, Cluster cluster, ApiTraffic traffic, Runnable lost) {
        this.role = role;
        this.state = state;
        this.identity = LocalImages.hostName() + "_" + UUID.randomUUID();
        this.cluster = cluster;
        this.traffic = traffic;
        this.lost = lost;
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
        }
    }

    /** Waits for leadership where the role has it, and starts to work; returns when it works. */
    void start(Configuration configuration) throws Exception {
        RoleWork started = work();
        if (role.led()) {
            Leadership campaign = Leadership.campaign(
                    cluster.client(),
                    cluster.systemNamespace(),
                    "gyropilot-" + role,
                    identity,
                    Leadership.Timing.DEFAULT,
                    InstantSource.system(),
                    lost);
            leadership = campaign;
            traffic.onlyWhile(campaign::leads);
            campaign.awaitElected();
        }
        started.reconfigure(configuration);
        work = started;
        log.info("{} works", role);
    }

    /** Gives the working role other settings. */
    void reconfigure(Configuration configuration) throws Exception {
        RoleWork current = work;
        if (current != null) {
            current.reconfigure(configuration);
        }
    }

    /** A standby is ready too: it can take over at any moment. */
    boolean ready() {
        RoleWork current = work;
        return current == null ? role.led() : current.ready();
    }

    /** Whether this process is the one that acts. */
    boolean acts() {
        Leadership campaign = leadership;
        return campaign == null ? !role.led() : campaign.leads();
    }

    private RoleWork work() {
        return switch (role) {
            case operator -> new RoleWork.Restarted(c -> Operator.startInstalled(operatorConfig(c), cluster));
            case scheduler ->
                new RoleWork.Restarted(
                        c -> Scheduler.start(schedulerConfig(c), cluster, Optional.of(state.resolve("decisions"))));
            case gateway -> new GatewayWork();
        };
    }

    private OperatorConfig operatorConfig(Configuration configuration) {
        String service = "http://gyropilot-gateway." + cluster.systemNamespace() + ".svc:" + GATEWAY_PORT;
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

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        RoleWork current = work;
        if (current != null) {
            current.close();
        }
        if (leadership != null) {
            leadership.close();
        }
        cluster.close();
    }

    /** The gateway takes other settings while it serves. */
    private final class GatewayWork implements RoleWork {
        private @Nullable Ledger ledger;
        private volatile @Nullable Gateway gateway;

        @Override
        public boolean ready() {
            Gateway current = gateway;
            return current != null && current.ready();
        }

        @Override
        public void reconfigure(Configuration configuration) {
            Gateway current = gateway;
            if (current == null) {
                SqliteLibrary.unpackOnce(state.resolve("native"));
                Ledger opened = Ledger.open(ledgerConfig(configuration), InstantSource.system());
                ledger = opened;
                gateway = Gateway.start(gatewayConfig(configuration), cluster, opened);
            } else {
                current.reconfigure(gatewayConfig(configuration));
                log.info("changes of the ledger, of ports and of threads hold after a restart");
            }
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
        }
    }
}
