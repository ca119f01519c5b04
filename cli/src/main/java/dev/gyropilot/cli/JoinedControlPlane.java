package dev.gyropilot.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.NodeCertificate;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeoutException;

/**
 * A real control plane that this process joins as an administrator: its own controllers and scheduler go on working, and
 * operator and scheduler of Gyropilot act while they hold their Leases.
 */
final class JoinedControlPlane implements ControlPlane {
    /** EndpointSlices take no loopback addresses. These are set aside for benchmarks (RFC 2544), so no network has them. */
    private static final PodAddresses POD_ADDRESSES = new PodAddresses("198.18.0.0/16", 20, "198.19.0.0/16", 18);

    /** How long a start waits for the Leases; after that another holds them, and this process stands by. */
    private static final Duration ELECTION_LIMIT = Duration.ofSeconds(5);

    private static final List<String> FILES =
            List.of("certificate-authority", "client-certificate", "client-key", "tokenFile");

    private final Home home;
    private final Configuration configuration;
    private final Cluster cluster;

    private JoinedControlPlane(Home home, Configuration configuration, Cluster cluster) {
        this.home = home;
        this.configuration = configuration;
        this.cluster = cluster;
    }

    /** Takes the kubeconfig over into the data directory, and brings Gyropilot's kinds to the cluster. */
    static JoinedControlPlane join(Home home, Configuration configuration, Path kubeconfig, InstantSource clock)
            throws IOException, TimeoutException {
        home.writeKubeconfig(standalone(kubeconfig));
        KubernetesClient client = Clients.of(home.kubeconfig());
        Cluster cluster = new Cluster(client, clock, "gyropilot");
        try {
            refuseWhereInstalled(client);
            ApiKeys.makeNamespace(client);
            Operator.define(cluster);
            return new JoinedControlPlane(home, configuration, cluster);
        } catch (KubernetesClientException e) {
            cluster.close();
            throw new CliError(
                    "the cluster of " + kubeconfig + " does not take Gyropilot: " + e.getMessage(),
                    "Its user must be an administrator there; `kubectl --kubeconfig " + kubeconfig
                            + " version` tells whether it answers.",
                    e);
        } catch (CliError | TimeoutException e) {
            cluster.close();
            throw e;
        }
    }

    /** What runs there as pods would render the same services as containers, and both would undo each other's work. */
    private static void refuseWhereInstalled(KubernetesClient client) {
        if (client.apps()
                        .deployments()
                        .inNamespace(Names.SYSTEM_NAMESPACE)
                        .withName("gyropilot-operator")
                        .get()
                != null) {
            throw new CliError(
                    "Gyropilot is installed on " + client.getMasterUrl() + " already, as pods",
                    "Use it (gyro deploy --kubeconfig FILE), or remove it first (gyro uninstall --kubeconfig FILE).");
        }
    }

    /** The kubeconfig's text such that it can lie in another folder. */
    static String standalone(Path kubeconfig) {
        try {
            JsonNode root = Json.yaml().readTree(Files.readString(kubeconfig));
            Path file = kubeconfig.toAbsolutePath();
            root.path("clusters").forEach(entry -> absolute(entry.path("cluster"), file));
            root.path("users").forEach(entry -> absolute(entry.path("user"), file));
            return Json.yaml().writeValueAsString(root);
        } catch (IOException e) {
            throw new CliError(
                    "cannot read the kubeconfig " + kubeconfig + ": " + e.getMessage(),
                    "Name the file of a cluster with --kubeconfig FILE.",
                    e);
        }
    }

    private static void absolute(JsonNode entry, Path kubeconfig) {
        if (entry instanceof ObjectNode object) {
            for (String name : FILES) {
                String named = object.path(name).asText();
                if (!named.isEmpty()) {
                    object.put(
                            name, kubeconfig.resolveSibling(named).normalize().toString());
                }
            }
        }
    }

    @Override
    public void check(URI gatewayUrl) {
        schedulerConfig();
        operatorConfig(gatewayUrl);
    }

    private SchedulerConfig schedulerConfig() {
        return configuration.section("scheduler", SchedulerConfig.alongside(Set.of(SchedulerConfig.NAME)));
    }

    private OperatorConfig operatorConfig(URI gatewayUrl) {
        return configuration.section(
                "operator",
                ControlPlane.processes(
                        home, gatewayUrl, Names.ENGINES_IMAGE + ":" + Version.current(), SchedulerConfig.NAME));
    }

    @Override
    public String url() {
        return cluster.client().getMasterUrl().toString().replaceFirst("/$", "");
    }

    @Override
    public Cluster cluster() {
        return cluster;
    }

    @Override
    public PodAddresses podAddresses() {
        return POD_ADDRESSES;
    }

    @Override
    public NodeCredentials nodeCredentials(String node) {
        return NodeCertificate.request(cluster.client(), node, List.of("127.0.0.1", "localhost", node));
    }

    @Override
    public AutoCloseable startControllers() {
        return () -> {};
    }

    @Override
    public AutoCloseable startScheduler() throws Exception {
        return led(Role.scheduler, theirs -> Scheduler.start(schedulerConfig(), theirs, Optional.of(home.decisions())));
    }

    @Override
    public AutoCloseable startOperator(URI gatewayUrl) throws Exception {
        return led(Role.operator, theirs -> Operator.startInstalled(operatorConfig(gatewayUrl), theirs));
    }

    private LedRole led(Role role, LedRole.Work work) throws InterruptedException {
        // The data directory is locked by one process at a time, so that of the same name none else lives.
        String directory = home.directory().toString();
        String identity = LocalImages.hostName() + "_" + UUID.nameUUIDFromBytes(directory.getBytes(UTF_8));
        var access = new ClusterAccess(home.kubeconfig(), "gyropilot", Names.SYSTEM_NAMESPACE);
        LedRole led = new LedRole(role, identity, access, new ApiTraffic(), work);
        led.start();
        led.awaitActing(ELECTION_LIMIT);
        return led;
    }

    @Override
    public void close() {
        cluster.close();
    }
}
