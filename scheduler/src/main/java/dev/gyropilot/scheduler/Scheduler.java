package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.scheduler.claims.ClaimController;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private final Inbox inbox = new Inbox();
    private final Loop loop;
    private final Optional<Journal> journal;
    private final Writer writer;
    private final List<Feed<?>> feeds = new ArrayList<>();
    private final Cluster cluster;
    private final Optional<ClaimController> claims;
    private final OptionalKinds optional;

    private Scheduler(SchedulerConfig config, Cluster cluster, Optional<Path> folder) {
        this.cluster = cluster;
        boolean devicesServed = cluster.client().supports(ResourceSlice.class);
        writer = new Writer(cluster, config.bindParallelism(), inbox, devicesServed);
        journal = folder.filter(path -> config.journalMebibytes() > 0)
                .map(path -> new Journal(
                        path,
                        (long) config.journalMebibytes() << 20,
                        config,
                        cluster.client().getKubernetesSerialization()));
        loop = new Loop(cluster::now, inbox, config, writer, journal);
        optional = new OptionalKinds(cluster, inbox, writer, config.syncLimit());
        var readers = new Readers(
                config.schedulerNames(), (pod, message) -> writer.refuse(pod, "SchedulerError", message), writer);
        feed(Namespace.class, readers);
        feed(Node.class, readers);
        if (devicesServed) {
            feed(DeviceClass.class, readers);
            feed(ResourceSlice.class, readers);
            feed(ResourceClaim.class, readers);
            claims = config.claimController() ? Optional.of(new ClaimController(cluster)) : Optional.empty();
        } else {
            claims = Optional.empty();
            log.info("the API has no resource.k8s.io/v1: pods with claims will wait");
        }
        feed(Pod.class, readers);
    }

    /**
     * Starts a scheduler and returns when it has seen all there is.
     *
     * @param journal the folder for what {@link Replay} repeats; absent: nothing is kept
     * @throws IllegalStateException when the API does not list within {@link SchedulerConfig#syncLimit}
     */
    public static Scheduler start(SchedulerConfig config, Cluster cluster, Optional<Path> journal)
            throws InterruptedException {
        var scheduler = new Scheduler(config, cluster, journal);
        scheduler.loop.start();
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
        scheduler.inbox.put(new Input.Opened());
        return scheduler;
    }

    @Override
    public void close() {
        optional.close();
        feeds.forEach(Feed::stop);
        claims.ifPresent(ClaimController::close);
        loop.close();
        journal.ifPresent(Journal::close);
        writer.close();
    }

    private <T extends HasMetadata> void feed(Class<T> type, Readers readers) {
        feeds.add(new Feed<>(cluster.informer(type), inbox, Readers.name(type), readers.of(type), writer));
    }
}
