package dev.gyropilot.apiserver.controllers.garbage;

import dev.gyropilot.apiserver.controllers.Kinds;
import dev.gyropilot.apiserver.controllers.Kinds.Kind;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Watches the metadata of every kind that the API serves: through the shared informer where a controller watches the kind
 * anyway, else through one that keeps metadata only.
 */
final class Sources implements AutoCloseable {
    /** Kinds that own nothing, are owned by nothing and change all the time. */
    private static final Set<String> LEFT_OUT = Set.of("events", "events.events.k8s.io");

    private final Workspace workspace;
    private final BiConsumer<Kind, HasMetadata> changed;
    private final Consumer<HasMetadata> removed;
    private final Map<Kind, SharedIndexInformer<?>> own = new HashMap<>();
    private final Map<String, Kind> byGroupKind = new ConcurrentHashMap<>();
    private final Set<Kind> known = ConcurrentHashMap.newKeySet();

    Sources(Workspace workspace, BiConsumer<Kind, HasMetadata> changed, Consumer<HasMetadata> removed) {
        this.workspace = workspace;
        this.changed = changed;
        this.removed = removed;
    }

    /** The served kind of that group and name. */
    Optional<Kind> kind(String group, String name) {
        return Optional.ofNullable(byGroupKind.get(group + "/" + name));
    }

    /** Follows the API's kinds; returns those that are served no longer. */
    synchronized List<Kind> refresh() {
        List<Kind> served = Kinds.deletable(workspace.client()).stream()
                .filter(k -> k.verbs().contains("watch"))
                .filter(k -> !LEFT_OUT.contains(k.group().isEmpty() ? k.plural() : k.plural() + "." + k.group()))
                .toList();
        for (Kind kind : served) {
            if (known.add(kind)) {
                byGroupKind.put(kind.group() + "/" + kind.kind(), kind);
                watch(kind);
            }
        }
        List<Kind> gone = known.stream().filter(k -> !served.contains(k)).toList();
        for (Kind kind : gone) {
            known.remove(kind);
            byGroupKind.remove(kind.group() + "/" + kind.kind());
            Optional.ofNullable(own.remove(kind)).ifPresent(SharedIndexInformer::stop);
        }
        return gone;
    }

    /** Whether everything that is watched has been listed. */
    synchronized boolean isListed() {
        return own.values().stream().allMatch(SharedIndexInformer::hasSynced);
    }

    private void watch(Kind kind) {
        Optional<SharedIndexInformer<? extends HasMetadata>> shared = workspace.shared(kind.apiVersion(), kind.kind());
        if (shared.isPresent()) {
            listen(shared.get(), kind);
            return;
        }
        SharedIndexInformer<GenericKubernetesResource> informer = workspace
                .client()
                .genericKubernetesResources(kind.context())
                .inAnyNamespace()
                .runnableInformer(0)
                .itemStore(new MetadataStore());
        listen(informer, kind);
        own.put(kind, informer);
        var _ = informer.start();
    }

    private <T extends HasMetadata> void listen(SharedIndexInformer<T> informer, Kind kind) {
        informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override
            public void onAdd(T object) {
                changed.accept(kind, object);
            }

            @Override
            public void onUpdate(T before, T after) {
                if (!before.getMetadata().getUid().equals(after.getMetadata().getUid())) {
                    removed.accept(before);
                }
                changed.accept(kind, after);
            }

            @Override
            public void onDelete(T object, boolean finalStateUnknown) {
                removed.accept(object);
            }
        });
    }

    @Override
    public synchronized void close() {
        own.values().forEach(SharedIndexInformer::stop);
        own.clear();
    }

    /** Keeps what identifies an object and tells its owners, and forgets the rest. */
    private static final class MetadataStore extends BasicItemStore<GenericKubernetesResource> {
        MetadataStore() {
            super(Cache::metaNamespaceKeyFunc);
        }

        @Override
        public GenericKubernetesResource put(String key, GenericKubernetesResource object) {
            var slim = new GenericKubernetesResource();
            slim.setApiVersion(object.getApiVersion());
            slim.setKind(object.getKind());
            slim.setMetadata(new ObjectMetaBuilder(object.getMetadata())
                    .withManagedFields()
                    .withLabels(null)
                    .withAnnotations(null)
                    .build());
            return super.put(key, slim);
        }

        @Override
        public boolean isFullState() {
            return false;
        }
    }
}
