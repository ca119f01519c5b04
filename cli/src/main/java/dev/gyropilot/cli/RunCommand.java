package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        description = {
            "Run one role of Gyropilot on a cluster, as its pods do, until told to stop.",
            "It finds the API by its service account, or by --kubeconfig."
        },
        footer = {
            "%nRoles:",
            "  operator   reconciles Gyropilot's kinds",
            "  scheduler  places pods that name the scheduler gyropilot",
            "  gateway    serves requests (port 8080)",
            "  node       labels the node GYROPILOT_NODE_NAME, on which it runs, with its GPUs",
            "",
            "Operator and scheduler: several may run, one acts, by the Lease gyropilot-ROLE.",
            "The gateway's database: GYROPILOT_LEDGER_URL, GYROPILOT_LEDGER_USER, GYROPILOT_LEDGER_PASSWORD."
        })
final class RunCommand implements Callable<Integer> {
    private static final Path ACCOUNT_NAMESPACE = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
    private static final Duration CONFIGURATION_LOOK = Duration.ofSeconds(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(25);

    @Parameters(paramLabel = "ROLE", description = "${COMPLETION-CANDIDATES}.")
    private Role role = Role.operator;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig of the cluster; the pod's service account when absent.")
    private @Nullable Path kubeconfig;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of Gyropilot's own objects; the pod's own when absent.")
    private @Nullable String namespace;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings, as in docs/reference/configuration.md; a change takes effect without a restart.",
            defaultValue = "/etc/gyropilot/config.yaml")
    private Path config = Path.of("/etc/gyropilot/config.yaml");

    @Option(
            names = "--state",
            paramLabel = "FOLDER",
            description = "Folder for what a pod may lose at its end.",
            defaultValue = "/var/gyropilot/state")
    private Path state = Path.of("/var/gyropilot/state");

    @Option(
            names = "--health-address",
            paramLabel = "ADDRESS",
            description = "Address of /livez, /readyz and /metrics (default: ${DEFAULT-VALUE}).",
            defaultValue = "0.0.0.0")
    private String healthAddress = "0.0.0.0";

    @Option(
            names = "--health-port",
            paramLabel = "PORT",
            description = "Their port (default: ${DEFAULT-VALUE}).",
            defaultValue = "8081")
    private int healthPort = 8081;

    @Override
    public Integer call() throws Exception {
        Logs.toStandardOutput();
        Logger log = LoggerFactory.getLogger(RunCommand.class);
        ApiTraffic traffic = new ApiTraffic();
        var access = new ClusterAccess(kubeconfig, "gyropilot-" + role, systemNamespace());
        CountDownLatch stop = new CountDownLatch(1);
        RoleProcess process = new RoleProcess(role, state, access, traffic);
        RoleMetrics metrics = new RoleMetrics(role, process, traffic);
        Configuration first = Configuration.read(config);
        process.check(first);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopInOrder(stop, stopped, log), "stop"));
        try (HealthServer health =
                HealthServer.start(healthAddress, healthPort, process::live, process::ready, metrics::render)) {
            log.info("{} {} starts, health on port {}", role, Version.current(), health.port());
            try (process) {
                Thread starter = Thread.ofVirtual().start(() -> begin(process, first, stop, log));
                followConfiguration(process, metrics, stop, log);
                starter.interrupt();
                log.info("{} stops", role);
            }
        } finally {
            log.info("{} has stopped", role);
            stopped.countDown();
        }
        return 0;
    }

    private static void begin(RoleProcess process, Configuration configuration, CountDownLatch stop, Logger log) {
        try {
            process.start(configuration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            log.error("the start failed; the process ends, so that it is tried again", e);
            stop.countDown();
        }
    }

    /** Not until the main thread ends: it asks the JVM to exit, and while hooks run that never returns. */
    private static void stopInOrder(CountDownLatch stop, CountDownLatch stopped, Logger log) {
        stop.countDown();
        try {
            if (!stopped.await(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("not everything stopped within {} s", STOP_LIMIT.toSeconds());
            }
        } catch (InterruptedException e) {
            log.warn("the stop was interrupted");
        }
    }

    /** Looks at the file until told to stop: a ConfigMap's change shows in its content only. */
    private void followConfiguration(RoleProcess process, RoleMetrics metrics, CountDownLatch stop, Logger log)
            throws InterruptedException {
        String known = text();
        while (!stop.await(CONFIGURATION_LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
            String present = text();
            if (present.equals(known)) {
                continue;
            }
            known = present;
            try {
                Configuration changed = Configuration.read(config);
                process.check(changed);
                process.reconfigure(changed);
                metrics.configurationTaken();
                log.info("the changed settings of {} are in force", config);
            } catch (Exception e) {
                metrics.configurationRefused();
                log.error(
                        "the changed settings of {} are refused, the former stay in force: {}", config, e.getMessage());
            }
        }
    }

    private String text() {
        try {
            return Files.exists(config) ? Files.readString(config) : "";
        } catch (IOException e) {
            return "";
        }
    }

    private String systemNamespace() {
        if (namespace != null) {
            return namespace;
        }
        try {
            return kubeconfig == null && Files.exists(ACCOUNT_NAMESPACE)
                    ? Files.readString(ACCOUNT_NAMESPACE).strip()
                    : Names.SYSTEM_NAMESPACE;
        } catch (IOException e) {
            return Names.SYSTEM_NAMESPACE;
        }
    }
}
