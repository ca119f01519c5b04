package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** What all controllers read and write through: the shared caches, indexed by owner, and the client. */
public final class Workspace {
    private static final String BY_CONTROLLER = "controller-uid";

    private final Cluster cluster;
    private final Set<Class<? extends HasMetadata>> indexed = new HashSet<>();
    private final Object changed = new Object();

    Workspace(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The client, for what {@link Changes} has no method for. */
    public KubernetesClient client() {
        return cluster.client();
    }

    /** The time by the injected clock. */
    public Instant now() {
        return cluster.now();
    }

    /** Reports a Normal event. */
    public void normal(HasMetadata about, String reason, String message) {
        cluster.normal(about, reason, message);
    }

    /** Reports a Warning event. */
    public void warning(HasMetadata about, String reason, String message) {
        cluster.warning(about, reason, message);
    }

    /** The shared informer of a kind, indexed by controlling owner. */
    public synchronized <T extends HasMetadata> SharedIndexInformer<T> watch(Class<T> type) {
        SharedIndexInformer<T> informer = cluster.informer(type);
        if (indexed.add(type)) {
            if (!informer.getIndexer().getIndexers().containsKey(BY_CONTROLLER)) {
                informer.addIndexers(Map.of(
                        BY_CONTROLLER,
                        object -> Owners.controller(object)
                                .map(OwnerReference::getUid)
                                .map(List::of)
                                .orElse(List.of())));
            }
            informer.addEventHandler(new Wake<>());
        }
        return informer;
    }

    /** The shared informer of a kind that some controller watches already. */
    public synchronized Optional<SharedIndexInformer<? extends HasMetadata>> shared(String apiVersion, String kind) {
        return indexed.stream()
                .filter(type -> HasMetadata.getApiVersion(type).equals(apiVersion)
                        && HasMetadata.getKind(type).equals(kind))
                .findFirst()
                .map(this::watch);
    }

    /** The object as last seen. */
    public <T extends HasMetadata> Optional<T> get(Class<T> type, Key key) {
        return Optional.ofNullable(watch(type).getIndexer().getByKey(key.cacheKey()));
    }

    /** All objects of a kind. */
    public <T extends HasMetadata> List<T> all(Class<T> type) {
        return watch(type).getIndexer().list();
    }

    /** The objects of a kind in a namespace. */
    public <T extends HasMetadata> List<T> in(Class<T> type, String namespace) {
        return watch(type).getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace);
    }

    /** The objects of a kind that the owner controls. */
    public <T extends HasMetadata> List<T> controlledBy(Class<T> type, HasMetadata owner) {
        return watch(type)
                .getIndexer()
                .byIndex(BY_CONTROLLER, owner.getMetadata().getUid());
    }

    /** The objects of a kind that the owner controls, and those of its namespace that nobody controls. */
    public <T extends HasMetadata> List<T> controlledOrFree(Class<T> type, HasMetadata owner) {
        String uid = owner.getMetadata().getUid();
        return in(type, owner.getMetadata().getNamespace()).stream()
                .filter(o ->
                        Owners.controller(o).map(r -> r.getUid().equals(uid)).orElse(true))
                .toList();
    }

    /** Waits until the cached object satisfies the condition; false when it does not within the limit. */
    <T extends HasMetadata> boolean await(Class<T> type, Key key, Predicate<Optional<T>> condition, long limitMillis)
            throws InterruptedException {
        long deadline = System.nanoTime() + limitMillis * 1_000_000;
        synchronized (changed) {
            while (!condition.test(get(type, key))) {
                long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0) {
                    return false;
                }
                changed.wait(leftMillis);
            }
        }
        return true;
    }

    /** Whether the cached object is at least as new as the written one. */
    static boolean isCurrent(Optional<? extends HasMetadata> cached, HasMetadata written) {
        return cached.map(HasMetadata::getMetadata)
                .filter(m -> Objects.equals(m.getUid(), written.getMetadata().getUid()))
                .filter(m -> Long.parseLong(m.getResourceVersion())
                        >= Long.parseLong(written.getMetadata().getResourceVersion()))
                .isPresent();
    }

    private final class Wake<T> implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            wake();
        }

        @Override
        public void onUpdate(T before, T after) {
            wake();
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            wake();
        }

        private void wake() {
            synchronized (changed) {
                changed.notifyAll();
            }
        }
    }
}
