package dev.gyropilot.scheduler;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.scheduler.groups.ForeignKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the kinds that an API may or may not serve, from when it does: our Queue, the gangs and queues of others, and the
 * rules that taint devices. One look at the start tells what is there; from then on the watch of the resource definitions
 * tells what comes and goes, so that waiting costs no requests.
 */
final class OptionalKinds implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OptionalKinds.class);
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);

    private final Cluster cluster;
    private final Inbox inbox;
    private final Remarks remarks;
    private final Duration syncLimit;
    private final List<Feed<?>> queueFeeds = new ArrayList<>();
    /** By the name of the resource definition that the kind has, or would have. */
    private final Map<String, Watched> watched = new HashMap<>();

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

    OptionalKinds(Cluster cluster, Inbox inbox, Remarks remarks, Duration syncLimit) {
        this.cluster = cluster;
        this.inbox = inbox;
        this.remarks = remarks;
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
        TaintRuleFeed.VERSIONS.stream()
                .filter(version -> cluster.client().supports(TaintRuleFeed.GROUP + "/" + version, TaintRuleFeed.KIND))
                .findFirst()
                .ifPresent(this::watchTaintRules);
    }

    private synchronized void watchQueues() throws InterruptedException, TimeoutException {
        if (queueFeeds.isEmpty()) {
            queueFeeds.add(new Feed<>(
                    cluster.informer(Queue.class), inbox, Readers.name(Queue.class), new QueueFeed(), remarks));
        }
        cluster.sync(syncLimit);
    }

    private void watch(ForeignKind kind) {
        watch(kind.definition(), kind.context(), Readers.name(kind), new ForeignFeed(kind));
    }

    private void watchTaintRules(String version) {
        watch(
                TaintRuleFeed.DEFINITION,
                TaintRuleFeed.context(version),
                TaintRuleFeed.reader(version),
                new TaintRuleFeed());
    }

    private synchronized void watch(
            String definition,
            ResourceDefinitionContext kind,
            String name,
            Feed.Reader<GenericKubernetesResource> reader) {
        if (watched.containsKey(definition)) {
            return;
        }
        SharedIndexInformer<GenericKubernetesResource> informer = cluster.client()
                .genericKubernetesResources(kind)
                .inAnyNamespace()
                .runnableInformer(0)
                .exceptionHandler((_, _) -> true);
        watched.put(definition, new Watched(new Feed<>(informer, inbox, name, reader, remarks), informer));
        var _ = informer.start();
        log.info("{} is understood", name);
    }

    /** The API has deleted all objects of a kind before its definition goes. */
    private synchronized void unwatch(String definition) {
        Watched gone = watched.remove(definition);
        if (gone != null) {
            gone.stop();
            log.info("{} is gone", definition);
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
            steps.add(() -> unwatch(name));
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
            if (name.equals(TaintRuleFeed.DEFINITION)) {
                TaintRuleFeed.VERSIONS.stream()
                        .filter(version -> serves(definition, version))
                        .findFirst()
                        .ifPresent(version -> steps.add(() -> watchTaintRules(version)));
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
