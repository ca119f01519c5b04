package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import dev.gyropilot.brain.placement.objects.NodeReader;
import dev.gyropilot.scheduler.claims.ClaimController;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scheduler at work: gives every pod that names it a node, and the pod's claims their devices, until it is closed. It lists
 * nothing itself; all it knows comes from the cluster's shared informers.
 */
public final class Scheduler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Scheduler.class);

    private final Loop loop;
    private final Writer writer;
    private final List<Feed<?>> feeds = new ArrayList<>();
    private final Cluster cluster;
    private final Optional<ClaimController> claims;
    private final OptionalKinds optional;

    private Scheduler(SchedulerConfig config, Cluster cluster) {
        this.cluster = cluster;
        writer = new Writer(cluster, config.bindParallelism());
        var allocator = new Allocator(Features.ALL, new CelSelectors());
        loop = new Loop(config, cluster::now, new Placement(config.seed(), allocator), allocator, writer);
        optional = new OptionalKinds(cluster, loop, config.syncLimit());
        feed(Namespace.class, new NamespaceFeed());
        feed(Node.class, new NodeFeed());
        if (cluster.client().supports(ResourceSlice.class)) {
            feed(DeviceClass.class, new ClassFeed());
            feed(ResourceSlice.class, new SliceFeed());
            feed(ResourceClaim.class, new ClaimFeed());
            claims = config.claimController() ? Optional.of(new ClaimController(cluster)) : Optional.empty();
        } else {
            claims = Optional.empty();
            log.info("the API has no resource.k8s.io/v1: pods with claims will wait");
        }
        feed(Pod.class, new PodFeed(config.schedulerNames(), cluster::now, writer));
    }

    /**
     * Starts a scheduler and returns when it has seen all there is.
     *
     * @throws IllegalStateException when the API does not list within {@link SchedulerConfig#syncLimit}
     */
    public static Scheduler start(SchedulerConfig config, Cluster cluster) throws InterruptedException {
        var scheduler = new Scheduler(config, cluster);
        scheduler.loop.listen();
        try {
            cluster.sync(config.syncLimit());
            for (Feed<?> feed : scheduler.feeds) {
                feed.awaitFirstList(config.syncLimit());
            }
        } catch (TimeoutException e) {
            scheduler.close();
            throw new IllegalStateException("the scheduler did not start: " + e.getMessage(), e);
        }
        scheduler.claims.ifPresent(ClaimController::start);
        scheduler.optional.start();
        scheduler.loop.open();
        return scheduler;
    }

    @Override
    public void close() {
        optional.close();
        feeds.forEach(Feed::stop);
        claims.ifPresent(ClaimController::close);
        loop.close();
        writer.close();
    }

    private <T extends HasMetadata> void feed(Class<T> type, Feed.Reader<T> reader) {
        feeds.add(new Feed<>(cluster.informer(type), loop, reader));
    }

    private static final class NodeFeed implements Feed.Reader<Node> {
        @Override
        public Loop.Change present(Node object) {
            var node = NodeReader.read(object);
            return (world, waiting) -> world.node(node);
        }

        @Override
        public Loop.Change gone(Node object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.nodeGone(name);
        }
    }

    private static final class ClassFeed implements Feed.Reader<DeviceClass> {
        @Override
        public Loop.Change present(DeviceClass object) {
            var deviceClass = DeviceReader.read(object);
            return (world, waiting) -> world.devices(devices -> devices.with(deviceClass));
        }

        @Override
        public Loop.Change gone(DeviceClass object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.devices(devices -> devices.withoutClass(name));
        }
    }

    private static final class SliceFeed implements Feed.Reader<ResourceSlice> {
        @Override
        public Loop.Change present(ResourceSlice object) {
            var slice = DeviceReader.read(object);
            return (world, waiting) -> world.devices(devices -> devices.with(slice));
        }

        @Override
        public Loop.Change gone(ResourceSlice object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.devices(devices -> devices.withoutSlice(name));
        }
    }

    private static final class NamespaceFeed implements Feed.Reader<Namespace> {
        @Override
        public Loop.Change present(Namespace object) {
            Map<String, String> labels = object.getMetadata().getLabels();
            return (world, waiting) ->
                    world.namespace(object.getMetadata().getName(), labels == null ? Map.of() : labels);
        }

        @Override
        public Loop.Change gone(Namespace object) {
            return (world, waiting) -> world.namespace(object.getMetadata().getName(), null);
        }
    }
}
