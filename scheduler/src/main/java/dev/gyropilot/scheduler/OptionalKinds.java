package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.scheduler.groups.ForeignKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the kinds that an API may or may not serve, from when it does: our Queue, and the gangs and queues of others. One
 * look at the start tells what is there; from then on the watch of the resource definitions tells what comes and goes, so that
 * waiting costs no requests.
 */
final class OptionalKinds implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OptionalKinds.class);
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);

    private final Cluster cluster;
    private final Inbox inbox;
    private final Duration syncLimit;
    private final List<Feed<?>> queueFeeds = new ArrayList<>();
    private final Map<ForeignKind, Watched> watched = new EnumMap<>(ForeignKind.class);
    private final BlockingQueue<Step> steps = new LinkedBlockingQueue<>();
    private final SharedIndexInformer<CustomResourceDefinition> definitions;
    private final Thread thread;

    private record Watched(
            Feed<GenericKubernetesResource> feed, SharedIndexInformer<GenericKubernetesResource> informer) {
        void stop() {
            feed.stop();
            informer.stop();
        }
    }

    /** Something to do on this object's thread; one that fails is tried again. */
    @FunctionalInterface
    private interface Step {
        void run() throws InterruptedException, TimeoutException;
    }

    OptionalKinds(Cluster cluster, Inbox inbox, Duration syncLimit) {
        this.cluster = cluster;
        this.inbox = inbox;
        this.syncLimit = syncLimit;
        // The schemas are large and of no use here: of a definition only its name is kept.
        this.definitions = cluster.client()
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .runnableInformer(0)
                .itemStore(new ReducedStateItemStore<>(
                        ReducedStateItemStore.NAME_KEY_STATE,
                        CustomResourceDefinition.class,
                        cluster.client().getKubernetesSerialization()))
                .addEventHandler(new Definitions())
                .exceptionHandler((_, failure) -> {
                    log.info("watching resource definitions failed, trying again: {}", failure.getMessage());
                    return true;
                });
        this.thread = Thread.ofVirtual().name("scheduler-kinds").unstarted(this::run);
    }

    void start() {
        steps.add(this::look);
        thread.start();
        // The informer's own future completes with its first list.
        var _ = definitions.start();
    }

    private void run() {
        try {
            while (true) {
                Step step = steps.take();
                try {
                    step.run();
                } catch (KubernetesClientException | TimeoutException e) {
                    log.info("looking for optional kinds failed, trying again: {}", e.getMessage());
                    TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE.toMillis());
                    steps.add(step);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Finds also the kinds that have no definition, because the API itself brings them. */
    private void look() throws InterruptedException, TimeoutException {
        if (cluster.client().supports(Queue.class)) {
            watchQueues();
        }
        for (ForeignKind kind : ForeignKind.values()) {
            if (cluster.client().supports(kind.apiVersion(), kind.kind())) {
                watch(kind);
            }
        }
    }

    private synchronized void watchQueues() throws InterruptedException, TimeoutException {
        if (queueFeeds.isEmpty()) {
            queueFeeds.add(
                    new Feed<>(cluster.informer(Queue.class), inbox, Readers.name(Queue.class), new QueueFeed()));
        }
        cluster.sync(syncLimit);
    }

    private synchronized void watch(ForeignKind kind) {
        if (watched.containsKey(kind)) {
            return;
        }
        SharedIndexInformer<GenericKubernetesResource> informer = cluster.client()
                .genericKubernetesResources(kind.context())
                .inAnyNamespace()
                .runnableInformer(0)
                .exceptionHandler((_, _) -> true);
        watched.put(
                kind, new Watched(new Feed<>(informer, inbox, Readers.name(kind), new ForeignFeed(kind)), informer));
        var _ = informer.start();
        log.info("{} {} is understood", kind.apiVersion(), kind.kind());
    }

    /** The API has deleted all objects of a kind before its definition goes. */
    private synchronized void unwatch(ForeignKind kind) {
        Watched gone = watched.remove(kind);
        if (gone != null) {
            gone.stop();
            log.info("{} {} is gone", kind.apiVersion(), kind.kind());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        definitions.stop();
        synchronized (this) {
            queueFeeds.forEach(Feed::stop);
            watched.values().forEach(Watched::stop);
        }
    }

    private final class Definitions implements ResourceEventHandler<CustomResourceDefinition> {
        @Override
        public void onAdd(CustomResourceDefinition definition) {
            present(definition);
        }

        @Override
        public void onUpdate(CustomResourceDefinition before, CustomResourceDefinition after) {
            present(after);
        }

        @Override
        public void onDelete(CustomResourceDefinition definition, boolean finalStateUnknown) {
            String name = definition.getMetadata().getName();
            for (ForeignKind kind : ForeignKind.values()) {
                if (kind.definition().equals(name)) {
                    steps.add(() -> unwatch(kind));
                }
            }
        }

        private void present(CustomResourceDefinition definition) {
            String name = definition.getMetadata().getName();
            if (name.equals(HasMetadata.getFullResourceName(Queue.class))
                    && serves(definition, HasMetadata.getVersion(Queue.class))) {
                steps.add(OptionalKinds.this::watchQueues);
            }
            for (ForeignKind kind : ForeignKind.values()) {
                if (kind.definition().equals(name) && serves(definition, kind.version())) {
                    steps.add(() -> watch(kind));
                }
            }
        }

        private static boolean serves(CustomResourceDefinition definition, String version) {
            var status = definition.getStatus();
            return status != null
                    && status.getConditions() != null
                    && status.getConditions().stream()
                            .anyMatch(c -> c.getType().equals("Established")
                                    && c.getStatus().equals("True"))
                    && definition.getSpec().getVersions().stream()
                            .anyMatch(v -> v.getName().equals(version) && Boolean.TRUE.equals(v.getServed()));
        }
    }
}
