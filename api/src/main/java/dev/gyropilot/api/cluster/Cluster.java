package dev.gyropilot.api.cluster;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Kubernetes API as a role sees it: the client, and informers shared by all controllers of the process, so that each
 * kind is watched once.
 *
 * <p>Usage: get the informers and add handlers, then {@link #sync}, then start the controllers.
 */
public final class Cluster implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Cluster.class);
    private static final int EVENT_CACHE_LIMIT = 4096;

    private final KubernetesClient client;
    private final InstantSource clock;
    private final String component;
    private final String systemNamespace;
    private final Map<Kinds, SharedIndexInformer<?>> informers = new LinkedHashMap<>();
    private final Set<SharedIndexInformer<?>> started = new HashSet<>();
    private final Map<String, Event> events = new LinkedHashMap<>(16, 0.75f, true);

    /** What one informer watches: a kind in all namespaces (null), or in one. */
    private record Kinds(Class<?> type, @Nullable String namespace) {}

    /** @param component the name under which events are reported, such as {@code gyropilot} */
    public Cluster(KubernetesClient client, InstantSource clock, String component) {
        this(client, clock, component, Names.SYSTEM_NAMESPACE);
    }

    /** @param systemNamespace where Gyropilot's own objects lie */
    public Cluster(KubernetesClient client, InstantSource clock, String component, String systemNamespace) {
        this.client = client;
        this.clock = clock;
        this.component = component;
        this.systemNamespace = systemNamespace;
    }

    public KubernetesClient client() {
        return client;
    }

    public Instant now() {
        return clock.instant();
    }

    /** The namespace of Gyropilot's own objects: API keys, leases, configuration. */
    public String systemNamespace() {
        return systemNamespace;
    }

    /** The shared informer of a kind over all namespaces; watching begins with the next {@link #sync}. */
    @SuppressWarnings("unchecked")
    public synchronized <T extends HasMetadata> SharedIndexInformer<T> informer(Class<T> type) {
        return (SharedIndexInformer<T>) informers.computeIfAbsent(
                new Kinds(type, null),
                t -> client.resources(type)
                        .inAnyNamespace()
                        .runnableInformer(0)
                        .exceptionHandler((_, failure) -> retry(type, failure)));
    }

    /** The same over the system namespace only: for kinds that a role may read nowhere else, such as Secrets. */
    @SuppressWarnings("unchecked")
    public synchronized <T extends HasMetadata> SharedIndexInformer<T> systemInformer(Class<T> type) {
        return (SharedIndexInformer<T>) informers.computeIfAbsent(
                new Kinds(type, systemNamespace),
                t -> client.resources(type)
                        .inNamespace(systemNamespace)
                        .runnableInformer(0)
                        .exceptionHandler((_, failure) -> retry(type, failure)));
    }

    /** An API that is away or not yet ready for a kind comes back: informers never give up. */
    private static boolean retry(Class<?> type, Throwable failure) {
        log.info("watching {} failed, trying again: {}", type.getSimpleName(), failure.getMessage());
        return true;
    }

    /** The object as last seen by the shared informer of its kind. */
    public <T extends HasMetadata> Optional<T> cached(Class<T> type, Key key) {
        return Optional.ofNullable(informer(type).getIndexer().getByKey(key.cacheKey()));
    }

    /** Starts the informers that are not yet running and waits until all have listed. */
    public void sync(Duration limit) throws InterruptedException, TimeoutException {
        SharedIndexInformer<?>[] all;
        synchronized (this) {
            all = informers.values().toArray(SharedIndexInformer<?>[]::new);
            for (var informer : all) {
                if (started.add(informer)) {
                    // The informer's own future completes with its first list.
                    var _ = informer.start();
                }
            }
        }
        long deadline = System.nanoTime() + limit.toNanos();
        for (var informer : all) {
            while (!informer.hasSynced()) {
                if (System.nanoTime() > deadline) {
                    throw new TimeoutException("the API did not list "
                            + informer.getApiTypeClass().getSimpleName() + " within " + limit.toSeconds() + " s");
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
    }

    /** Reports a Normal event on an object; repetitions are counted on one event. Never fails the caller. */
    public void normal(HasMetadata about, String reason, String message) {
        event(about, "Normal", reason, message);
    }

    /** Reports a Warning event on an object; repetitions are counted on one event. Never fails the caller. */
    public void warning(HasMetadata about, String reason, String message) {
        event(about, "Warning", reason, message);
    }

    private void event(HasMetadata about, String type, String reason, String message) {
        var metadata = about.getMetadata();
        String namespace = Objects.requireNonNullElse(metadata.getNamespace(), "default");
        String identity = metadata.getUid() + '\n' + type + '\n' + reason + '\n' + message;
        String now = now().truncatedTo(ChronoUnit.SECONDS).toString();
        try {
            Event known;
            synchronized (events) {
                known = events.get(identity);
            }
            if (known != null) {
                int count = Objects.requireNonNullElse(known.getCount(), 1) + 1;
                try {
                    remember(
                            identity,
                            client.v1()
                                    .events()
                                    .inNamespace(namespace)
                                    .resource(known)
                                    .edit(e -> new EventBuilder(e)
                                            .withCount(count)
                                            .withLastTimestamp(now)
                                            .build()));
                    return;
                } catch (KubernetesClientException e) {
                    if (e.getCode() != 404) {
                        throw e;
                    }
                }
            }
            String suffix = HexFormat.of().toHexDigits(now().toEpochMilli() * 1000 + (System.nanoTime() / 1000) % 1000);
            Event created = new EventBuilder()
                    .withNewMetadata()
                    .withName(metadata.getName() + "." + suffix)
                    .withNamespace(namespace)
                    .endMetadata()
                    .withNewInvolvedObject()
                    .withApiVersion(about.getApiVersion())
                    .withKind(about.getKind())
                    .withName(metadata.getName())
                    .withNamespace(metadata.getNamespace())
                    .withUid(metadata.getUid())
                    .endInvolvedObject()
                    .withType(type)
                    .withReason(reason)
                    .withMessage(message)
                    .withCount(1)
                    .withFirstTimestamp(now)
                    .withLastTimestamp(now)
                    .withNewSource()
                    .withComponent(component)
                    .endSource()
                    .withReportingComponent(component)
                    .build();
            remember(
                    identity,
                    client.v1()
                            .events()
                            .inNamespace(namespace)
                            .resource(created)
                            .create());
        } catch (RuntimeException e) {
            log.debug("event {} on {} was not recorded: {}", reason, Key.of(about), e.toString());
        }
    }

    private void remember(String identity, Event event) {
        synchronized (events) {
            events.put(identity, event);
            if (events.size() > EVENT_CACHE_LIMIT) {
                events.remove(events.keySet().iterator().next());
            }
        }
    }

    @Override
    public synchronized void close() {
        informers.values().forEach(SharedIndexInformer::stop);
        informers.clear();
        client.close();
    }
}
