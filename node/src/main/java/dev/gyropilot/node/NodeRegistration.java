package dev.gyropilot.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.json.Json;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one Node and its lease alive: the lease every 10 s, the status when it changed and every 5 minutes. */
final class NodeRegistration implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeRegistration.class);
    private static final Duration LEASE_PERIOD = Duration.ofSeconds(10);
    private static final Duration STATUS_PERIOD = Duration.ofMinutes(5);
    private static final int CONFLICT = 409;

    private final Cluster cluster;
    private final Node node;
    private final Supplier<NodeStatus> observe;
    private final NodeLease lease;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("node-heartbeat").factory());
    private @Nullable NodeStatus reported;
    private Instant reportedAt = Instant.EPOCH;

    /**
     * @param node name, labels and annotations
     * @param observe the status as it is now, its conditions without times
     */
    NodeRegistration(Cluster cluster, Node node, Supplier<NodeStatus> observe) {
        this.cluster = cluster;
        this.node = node;
        this.observe = observe;
        this.lease = new NodeLease(cluster, node.getMetadata().getName());
    }

    /** Makes the Node if it is not there, reports its status and begins to renew its lease. */
    void begin() {
        Node registered;
        try {
            registered = cluster.client().nodes().resource(node).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
                throw new NodeException(
                        NodeException.Code.REGISTRATION,
                        "node " + node.getMetadata().getName() + " could not be registered: " + e.getMessage(),
                        e);
            }
            registered = cluster.client()
                    .nodes()
                    .withName(node.getMetadata().getName())
                    .edit(this::labelled);
        }
        lease.own(registered);
        reported = registered.getStatus();
        beat();
        var _ = timer.scheduleAtFixedRate(
                this::beat, LEASE_PERIOD.toMillis(), LEASE_PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Stops and says that the node is going. */
    @Override
    public void close() {
        timer.shutdownNow();
        try {
            NodeStatus status = observe.get();
            status.getConditions().stream()
                    .filter(c -> c.getType().equals("Ready"))
                    .forEach(c -> {
                        c.setStatus("False");
                        c.setReason("KubeletNotReady");
                        c.setMessage("the node is shutting down");
                    });
            report(status);
        } catch (RuntimeException e) {
            log.debug("the node's end was not reported: {}", e.toString());
        }
    }

    private Node labelled(Node known) {
        return new NodeBuilder(known)
                .editMetadata()
                .addToLabels(node.getMetadata().getLabels())
                .addToAnnotations(node.getMetadata().getAnnotations())
                .endMetadata()
                .build();
    }

    private void beat() {
        try {
            lease.renew();
            NodeStatus status = observe.get();
            boolean due = !cluster.now().isBefore(reportedAt.plus(STATUS_PERIOD));
            if (due || changed(status)) {
                report(status);
            }
        } catch (RuntimeException e) {
            log.warn("heartbeat of node {}: {}", node.getMetadata().getName(), e.toString());
        }
    }

    private boolean changed(NodeStatus status) {
        NodeStatus before = reported;
        return before == null
                || !Objects.equals(before.getCapacity(), status.getCapacity())
                || !Objects.equals(before.getDaemonEndpoints(), status.getDaemonEndpoints())
                || !states(before.getConditions()).equals(states(status.getConditions()));
    }

    private static Map<String, String> states(List<NodeCondition> conditions) {
        return conditions.stream()
                .collect(java.util.stream.Collectors.toMap(
                        NodeCondition::getType, c -> c.getStatus() + "\n" + c.getReason(), (a, b) -> b));
    }

    private void report(NodeStatus status) {
        NodeStatus timed = new NodeStatusBuilder(status)
                .withConditions(status.getConditions().stream().map(this::timed).toList())
                .build();
        ObjectNode patch = Json.MAPPER.createObjectNode();
        patch.set("status", Json.MAPPER.valueToTree(timed));
        cluster.client()
                .nodes()
                .withName(node.getMetadata().getName())
                .subresource("status")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch.toString());
        reported = timed;
        reportedAt = cluster.now();
    }

    private NodeCondition timed(NodeCondition condition) {
        String now = cluster.now().truncatedTo(ChronoUnit.SECONDS).toString();
        NodeStatus before = reported;
        String since = before == null
                ? now
                : before.getConditions().stream()
                        .filter(c -> c.getType().equals(condition.getType())
                                && condition.getStatus().equals(c.getStatus()))
                        .map(NodeCondition::getLastTransitionTime)
                        .findFirst()
                        .orElse(now);
        return new NodeConditionBuilder(condition)
                .withLastHeartbeatTime(now)
                .withLastTransitionTime(since)
                .build();
    }
}
