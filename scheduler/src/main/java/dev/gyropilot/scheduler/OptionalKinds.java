package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.scheduler.groups.ForeignKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the kinds that an API may or may not serve, from when it does: our Queue, and the gangs and queues of others. */
final class OptionalKinds implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OptionalKinds.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Cluster cluster;
    private final Loop loop;
    private final Duration syncLimit;
    private final Set<ForeignKind> missing = EnumSet.allOf(ForeignKind.class);
    private final List<Feed<?>> feeds = new ArrayList<>();
    private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
    private final Thread thread;
    private boolean queues;

    OptionalKinds(Cluster cluster, Loop loop, Duration syncLimit) {
        this.cluster = cluster;
        this.loop = loop;
        this.syncLimit = syncLimit;
        this.thread = Thread.ofVirtual().name("scheduler-kinds").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!queues || !missing.isEmpty()) {
                look();
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void look() throws InterruptedException {
        try {
            if (!queues && cluster.client().supports(Queue.class)) {
                feeds.add(new Feed<>(cluster.informer(Queue.class), loop, new QueueFeed()));
                cluster.sync(syncLimit);
                queues = true;
            }
            for (ForeignKind kind : List.copyOf(missing)) {
                if (cluster.client().supports(kind.apiVersion(), kind.kind())) {
                    watch(kind);
                    missing.remove(kind);
                }
            }
        } catch (KubernetesClientException | TimeoutException e) {
            log.info("looking for optional kinds failed, trying again: {}", e.getMessage());
        }
    }

    private void watch(ForeignKind kind) {
        SharedIndexInformer<GenericKubernetesResource> informer = cluster.client()
                .genericKubernetesResources(kind.context())
                .inAnyNamespace()
                .runnableInformer(0)
                .exceptionHandler((_, _) -> true);
        feeds.add(new Feed<>(informer, loop, new ForeignFeed(kind)));
        informers.add(informer);
        var _ = informer.start();
        log.info("{} {} is understood", kind.apiVersion(), kind.kind());
    }

    @Override
    public void close() {
        thread.interrupt();
        synchronized (this) {
            feeds.forEach(Feed::stop);
            informers.forEach(SharedIndexInformer::stop);
        }
    }
}
