package dev.gyropilot.node;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.pod.AddressRange;
import dev.gyropilot.node.pod.NodeContext;
import dev.gyropilot.node.pod.Pods;
import dev.gyropilot.node.process.ControlGroups;
import dev.gyropilot.node.process.LogCollector;
import dev.gyropilot.node.process.LogReader;
import dev.gyropilot.node.process.Supervisor;
import dev.gyropilot.node.server.KubeletServer;
import dev.gyropilot.node.volume.References;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A kubelet for local processes: registers this machine as a Node and runs the pods bound to it as processes. They
 * outlive the program: a later node on the same data directory adopts them.
 */
public final class ProcessNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProcessNode.class);
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(30);
    private static final String HOST = "127.0.0.1";
    private static final Path CONTROL_GROUPS = Path.of("/sys/fs/cgroup");

    private final NodeRegistration registration;
    private final KubeletServer server;
    private final Pods pods;
    private final LogCollector collector;
    private final Supervisor supervisor;
    private final ControlGroups groups;

    private ProcessNode(
            NodeRegistration registration,
            KubeletServer server,
            Pods pods,
            LogCollector collector,
            Supervisor supervisor,
            ControlGroups groups) {
        this.registration = registration;
        this.server = server;
        this.pods = pods;
        this.collector = collector;
        this.supervisor = supervisor;
        this.groups = groups;
    }

    /**
     * Starts a node: adopts what an earlier one left, opens the kubelet endpoint, registers and runs its pods.
     *
     * @throws NodeException when the machine does not allow it; the message says what to change
     */
    public static ProcessNode start(NodeConfig config, Cluster cluster, NodeCredentials credentials)
            throws InterruptedException {
        var addresses = range(config.podRange());
        Path data = directory(config.dataDirectory());
        try {
            var machine = new Machine(data);
            ControlGroups groups = ControlGroups.detect(CONTROL_GROUPS, "gyropilot-" + config.name());
            Map<String, Quantity> capacity = machine.capacity(config.podLimit());
            var supervisor = new Supervisor(data, cluster::now);
            var collector = new LogCollector(data, config.logs(), cluster::now);
            var context = new NodeContext(
                    cluster,
                    config.name(),
                    HOST,
                    capacity,
                    config.images(),
                    supervisor,
                    groups,
                    collector,
                    new References(cluster),
                    data.resolve("pods"),
                    Files.createDirectories(data.resolve("logs").resolve("pods")),
                    config.volumeRefresh());
            var pods = new Pods(context, addresses);
            pods.adopt();
            var server = KubeletServer.start(config.port(), credentials, pods, new LogReader(collector), cluster::now);
            var registration = new NodeRegistration(
                    cluster, node(config), () -> status(config, machine, groups, capacity, server.port()));
            registration.begin();
            watch(cluster, config.name(), pods);
            log.info("node {} runs pods as processes, kubelet endpoint on {}:{}", config.name(), HOST, server.port());
            return new ProcessNode(registration, server, pods, collector, supervisor, groups);
        } catch (IOException e) {
            throw new NodeException(
                    NodeException.Code.DATA_DIRECTORY,
                    "the node's data directory " + data + " cannot be used: " + e.getMessage()
                            + "; check its owner, its permissions and the space left on its disk",
                    e);
        }
    }

    /** The port of the kubelet endpoint on loopback. */
    public int port() {
        return server.port();
    }

    /** Stops all pods, each within its grace and all within {@code limit}, and then the node. */
    public void shutDown(Duration limit) throws InterruptedException {
        pods.shutDown(limit);
        close();
    }

    /** Stops the node and leaves its pods' processes running for the next one. */
    @Override
    public void close() {
        pods.abandon();
        registration.close();
        server.close();
        supervisor.close();
        groups.release();
        try {
            collector.close();
        } catch (IOException e) {
            log.debug("log collection did not end cleanly: {}", e.toString());
        }
    }

    private static void watch(Cluster cluster, String name, Pods pods) throws InterruptedException {
        SharedIndexInformer<Pod> informer = cluster.informer(Pod.class);
        informer.addEventHandler(pods);
        try {
            cluster.sync(SYNC_LIMIT);
        } catch (TimeoutException e) {
            throw new NodeException(
                    NodeException.Code.REGISTRATION, "node " + name + " cannot learn its pods: " + e.getMessage(), e);
        }
        pods.reapUnknown(informer.getIndexer().list());
    }

    private static AddressRange range(String text) {
        AddressRange range;
        try {
            range = new AddressRange(text);
        } catch (IllegalArgumentException e) {
            throw new NodeException(NodeException.Code.INVALID_CONFIGURATION, String.valueOf(e.getMessage()), e);
        }
        try (var probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getByName(range.first()), 0));
            return range;
        } catch (IOException e) {
            throw new NodeException(
                    NodeException.Code.ADDRESS_RANGE,
                    "addresses of the pod range " + text + " cannot be bound on this machine (" + e.getMessage()
                            + "); use " + NodeConfig.DEFAULT_POD_RANGE + ", or as root: ip route add local " + text
                            + " dev lo",
                    e);
        }
    }

    private static Path directory(Path data) {
        try {
            if (!Files.isDirectory(data)) {
                Files.createDirectories(
                        data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
            }
            return data.toRealPath();
        } catch (IOException e) {
            throw new NodeException(
                    NodeException.Code.DATA_DIRECTORY,
                    "the node's data directory " + data + " cannot be made: " + e
                            + "; choose a folder that this user may write",
                    e);
        }
    }

    private static Node node(NodeConfig config) {
        var labels = new LinkedHashMap<String, String>();
        labels.put("kubernetes.io/hostname", config.name());
        labels.put("kubernetes.io/os", Machine.operatingSystem());
        labels.put("kubernetes.io/arch", Machine.architecture());
        labels.put("gyropilot.dev/processes", "true");
        labels.putAll(config.labels());
        return new NodeBuilder()
                .withNewMetadata()
                .withName(config.name())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
    }

    private static NodeStatus status(
            NodeConfig config, Machine machine, ControlGroups groups, Map<String, Quantity> capacity, int port) {
        return new NodeStatusBuilder()
                .withCapacity(capacity)
                .withAllocatable(capacity)
                .addNewAddress(HOST, "InternalIP")
                .addNewAddress(config.name(), "Hostname")
                .withNewDaemonEndpoints()
                .withNewKubeletEndpoint(port)
                .endDaemonEndpoints()
                .withNodeInfo(machine.info())
                .withConditions(conditions(machine, groups))
                .build();
    }

    private static List<NodeCondition> conditions(Machine machine, ControlGroups groups) {
        boolean disk;
        try {
            disk = machine.diskPressure();
        } catch (IOException e) {
            disk = true;
        }
        boolean memory = machine.memoryPressure();
        boolean processes = machine.processPressure();
        boolean limited = groups.unavailable().isEmpty();
        return List.of(
                condition(
                        "MemoryPressure",
                        memory,
                        memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
                        memory ? "little memory is left" : "kubelet has sufficient memory available"),
                condition(
                        "DiskPressure",
                        disk,
                        disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
                        disk ? "less than a tenth of the disk is left" : "kubelet has no disk pressure"),
                condition(
                        "PIDPressure",
                        processes,
                        processes ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
                        processes ? "few process numbers are left" : "kubelet has sufficient PID available"),
                condition(
                        "ResourceLimitsEnforced",
                        limited,
                        limited ? "ControlGroups" : "NoControlGroups",
                        limited ? "CPU, memory and process limits are enforced" : groups.unavailable()),
                condition("Ready", true, "KubeletReady", "pods run as local processes"));
    }

    private static NodeCondition condition(String type, boolean status, String reason, String message) {
        return new NodeConditionBuilder()
                .withType(type)
                .withStatus(status ? "True" : "False")
                .withReason(reason)
                .withMessage(message)
                .build();
    }
}
