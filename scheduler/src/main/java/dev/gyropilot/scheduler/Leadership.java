package dev.gyropilot.scheduler;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectorBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets the loop decide only while this process holds the Lease; one that lost it stands for election again. */
final class Leadership implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Leadership.class);
    private static final String LEASE = "gyropilot-scheduler";
    private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);

    private final Cluster cluster;
    private final Loop loop;
    private final String identity = "scheduler-" + UUID.randomUUID();
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean closed;

    Leadership(Cluster cluster, Loop loop) {
        this.cluster = cluster;
        this.loop = loop;
    }

    void start() {
        var _ = executor.submit(this::stand);
    }

    private void stand() {
        while (!closed) {
            try {
                namespace();
                elector().run();
            } catch (RuntimeException e) {
                log.info("the election failed, standing again: {}", e.toString());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(RETRY_PERIOD.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private LeaderElector elector() {
        return new LeaderElectorBuilder(cluster.client(), executor)
                .withConfig(new LeaderElectionConfigBuilder()
                        .withName(LEASE)
                        .withLock(new LeaseLock(Names.SYSTEM_NAMESPACE, LEASE, identity))
                        .withLeaseDuration(LEASE_DURATION)
                        .withRenewDeadline(RENEW_DEADLINE)
                        .withRetryPeriod(RETRY_PERIOD)
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(new LeaderCallbacks(
                                () -> tell(loop::open, "this scheduler decides"),
                                () -> tell(loop::pause, "another scheduler decides"),
                                leader -> log.info("{} holds the lease {}", leader, LEASE)))
                        .build())
                .build();
    }

    @FunctionalInterface
    private interface Act {
        void run() throws InterruptedException;
    }

    private static void tell(Act act, String what) {
        try {
            act.run();
            log.info(what);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void namespace() {
        try {
            var _ = cluster.client()
                    .namespaces()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(Names.SYSTEM_NAMESPACE)
                            .endMetadata()
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                log.debug("namespace {} not made: {}", Names.SYSTEM_NAMESPACE, e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        executor.shutdownNow();
    }
}
