package dev.gyropilot.node.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.node.NodeException;
import dev.gyropilot.node.NodeLease;
import dev.gyropilot.node.json.Json;
import dev.gyropilot.node.pod.Deletions;
import dev.gyropilot.node.process.LogReader;
import dev.gyropilot.node.server.KubeletServer;
import dev.gyropilot.node.simulate.SimulatedObjects.Shape;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes with devices that exist in the API only. Each carries the label {@link Names#LABEL_SIMULATED}, publishes its
 * devices in a ResourceSlice, renews its lease, and lets the pods bound to it live a simulated life.
 */
public final class SimulatedNodes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SimulatedNodes.class);
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(30);
    /** All leases are renewed once in this time, one after another, so that the load is even. */
    private static final Duration LEASE_ROUND = Duration.ofSeconds(10);

    private static final int PARALLEL = 16;
    private static final int CONFLICT = 409;

    private final Cluster cluster;
    private final SimulatedPods pods;
    private final KubeletServer server;
    private final List<NodeLease> leases;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("simulated-leases").factory());
    private int nextLease;

    private SimulatedNodes(Cluster cluster, SimulatedPods pods, KubeletServer server, List<NodeLease> leases) {
        this.cluster = cluster;
        this.pods = pods;
        this.server = server;
        this.leases = leases;
    }

    /**
     * Makes the nodes of a specification such as {@code 8xH100x100} and removes simulated ones that are not in it.
     *
     * @param credentials of the endpoint that answers for the nodes' logs
     * @throws IllegalArgumentException when the specification is wrong
     * @throws NodeException when the API refuses the nodes
     */
    public static SimulatedNodes start(
            String spec,
            Cluster cluster,
            NodeCredentials credentials,
            SimulationConfig config,
            SimulatedWorkload workload)
            throws InterruptedException {
        List<Shape> shapes = SimulatedObjects.shapes(SimulationSpec.parse(spec));
        Set<String> names = shapes.stream().map(Shape::name).collect(Collectors.toSet());
        var pods = new SimulatedPods(cluster, names, config, workload);
        KubeletServer server = KubeletServer.start(0, credentials, pods, LogReader.none(), cluster::now);
        try {
            remove(cluster, names);
            createIfAbsent(() -> cluster.client()
                    .resources(DeviceClass.class)
                    .resource(SimulatedObjects.deviceClass())
                    .create());
            List<NodeLease> leases = inParallel(shapes, shape -> create(cluster, shape, server.port()));
            var nodes = new SimulatedNodes(cluster, pods, server, leases);
            nodes.watch();
            nodes.renewLeases();
            log.info("{} simulated nodes ({})", shapes.size(), spec);
            return nodes;
        } catch (KubernetesClientException e) {
            server.close();
            throw new NodeException(
                    NodeException.Code.REGISTRATION, "simulated nodes could not be made: " + e.getMessage(), e);
        }
    }

    /** Removes all simulated nodes that an earlier run left, with their slices and pods. */
    public static void clear(Cluster cluster) throws InterruptedException {
        remove(cluster, Set.of());
    }

    /** Removes the nodes, their slices and the pods on them. */
    @Override
    public void close() {
        timer.shutdownNow();
        pods.close();
        try {
            remove(cluster, Set.of());
        } catch (KubernetesClientException e) {
            log.warn("simulated nodes were not all removed: {}; the next start removes them", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.close();
    }

    /** Leaves the nodes in the API for a later start with the same specification. */
    public void abandon() {
        timer.shutdownNow();
        pods.close();
        server.close();
    }

    private void watch() throws InterruptedException {
        cluster.informer(Pod.class).addEventHandler(pods.controller().handler(pods::keys));
        try {
            cluster.sync(SYNC_LIMIT);
        } catch (TimeoutException e) {
            throw new NodeException(
                    NodeException.Code.REGISTRATION, "simulated nodes cannot learn their pods: " + e.getMessage(), e);
        }
        pods.controller().start();
    }

    private void renewLeases() {
        long pause = Math.max(1, LEASE_ROUND.toMillis() / leases.size());
        var _ = timer.scheduleAtFixedRate(this::renewNext, 0, pause, TimeUnit.MILLISECONDS);
    }

    private void renewNext() {
        NodeLease lease = leases.get(nextLease);
        nextLease = (nextLease + 1) % leases.size();
        try {
            lease.renew();
        } catch (RuntimeException e) {
            log.debug("a simulated node's lease was not renewed: {}", e.toString());
        }
    }

    private static NodeLease create(Cluster cluster, Shape shape, int port) {
        Node wanted = SimulatedObjects.node(shape);
        Node node;
        try {
            node = cluster.client().nodes().resource(wanted).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
            node = cluster.client().nodes().withName(shape.name()).require();
        }
        ObjectNode patch = Json.MAPPER.createObjectNode();
        patch.set("status", Json.MAPPER.valueToTree(SimulatedObjects.status(shape, port, cluster.now())));
        cluster.client()
                .nodes()
                .withName(shape.name())
                .subresource("status")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch.toString());
        ResourceSlice slice = SimulatedObjects.slice(shape, node);
        createIfAbsent(() ->
                cluster.client().resources(ResourceSlice.class).resource(slice).create());
        var lease = new NodeLease(cluster, shape.name());
        lease.own(node);
        return lease;
    }

    private static void createIfAbsent(Runnable create) {
        try {
            create.run();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw e;
            }
        }
    }

    private static void remove(Cluster cluster, Set<String> kept) throws InterruptedException {
        var client = cluster.client();
        List<Node> surplus = client.nodes().withLabel(Names.LABEL_SIMULATED, "true").list().getItems().stream()
                .filter(n -> !kept.contains(n.getMetadata().getName()))
                .toList();
        if (surplus.isEmpty()) {
            return;
        }
        Set<String> names = surplus.stream().map(n -> n.getMetadata().getName()).collect(Collectors.toSet());
        List<Pod> pods = client.pods().inAnyNamespace().list().getItems().stream()
                .filter(p -> p.getSpec().getNodeName() != null
                        && names.contains(p.getSpec().getNodeName()))
                .toList();
        List<ResourceSlice> slices =
                client
                        .resources(ResourceSlice.class)
                        .withLabel(Names.LABEL_SIMULATED, "true")
                        .list()
                        .getItems()
                        .stream()
                        .filter(s -> names.contains(s.getSpec().getNodeName()))
                        .toList();
        var all = new ArrayList<HasMetadata>(surplus);
        all.addAll(slices);
        var _ = inParallel(all, object -> client.resource(object).delete());
        var _ = inParallel(pods, pod -> {
            Deletions.confirm(cluster, pod);
            return pod;
        });
    }

    private interface Step<T, R> {
        R apply(T item);
    }

    private static <T, R> List<R> inParallel(List<T> items, Step<T, R> step) throws InterruptedException {
        var permits = new Semaphore(PARALLEL);
        var results = new ArrayList<R>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<R>>();
            for (T item : items) {
                futures.add(threads.submit(() -> {
                    permits.acquire();
                    try {
                        return step.apply(item);
                    } finally {
                        permits.release();
                    }
                }));
            }
            for (Future<R> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KubernetesClientException k ? k : new IllegalStateException(e.getCause());
        }
    }
}
