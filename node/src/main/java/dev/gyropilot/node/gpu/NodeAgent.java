package dev.gyropilot.node.gpu;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels the Node on which it runs with the GPUs that it finds, unless a DRA driver publishes the node's devices. It writes its
 * own labels only, by server-side apply, and only when they change or somebody may have changed them.
 */
public final class NodeAgent implements AutoCloseable {
    /** The field manager of its labels. */
    public static final String MANAGER = "gyropilot-node";

    private static final Logger log = LoggerFactory.getLogger(NodeAgent.class);
    private static final Duration LOOK = Duration.ofMinutes(1);
    /** After so many looks it writes again what it has written, in case that somebody has taken it away. */
    private static final int REPAIR_LOOKS = 10;

    private final KubernetesClient client;
    private final String node;
    private final GpuDiscovery discovery;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("node-agent").factory());
    private @Nullable Map<String, String> written;
    private int looks;
    private volatile boolean looked;

    private NodeAgent(KubernetesClient client, String node, GpuDiscovery discovery) {
        this.client = client;
        this.node = node;
        this.discovery = discovery;
    }

    /** @param node name of the Node on which this process runs */
    public static NodeAgent start(KubernetesClient client, String node, GpuDiscovery discovery) {
        var agent = new NodeAgent(client, node, discovery);
        var _ = agent.timer.scheduleWithFixedDelay(agent::look, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        return agent;
    }

    /** Whether the Node has been told what there is. */
    public boolean ready() {
        return looked;
    }

    /** Looks once, and writes what has changed. */
    synchronized void look() {
        try {
            tell(GpuLabels.of(discovery.find(), isPublished()));
            looked = true;
        } catch (KubernetesClientException e) {
            log.warn("the labels of node {} were not written, trying again: {}", node, e.getMessage());
        } catch (RuntimeException e) {
            log.error("looking for GPUs failed, trying again", e);
        }
    }

    private void tell(Map<String, String> labels) {
        if (labels.equals(written) && ++looks % REPAIR_LOOKS != 0) {
            return;
        }
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(node)
                        .withLabels(labels)
                        .endMetadata()
                        .build())
                .fieldManager(MANAGER)
                .forceConflicts()
                .serverSideApply();
        if (!labels.equals(written)) {
            log.info("node {} has {}", node, labels.isEmpty() ? "no GPU to tell of" : labels);
        }
        written = labels;
    }

    /** A driver's own slices; simulated ones are no driver's. */
    private boolean isPublished() {
        if (!client.supports(ResourceSlice.class)) {
            return false;
        }
        List<ResourceSlice> slices = client.resources(ResourceSlice.class)
                .withField("spec.nodeName", node)
                .list()
                .getItems();
        return slices.stream().anyMatch(slice -> !isSimulated(slice));
    }

    private static boolean isSimulated(ResourceSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return labels != null && "true".equals(labels.get(Names.LABEL_SIMULATED));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
