package dev.gyropilot.apiserver.controllers.garbage;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Kinds.Kind;
import dev.gyropilot.apiserver.controllers.Workspace;
import dev.gyropilot.apiserver.controllers.garbage.Item.Owner;
import dev.gyropilot.apiserver.controllers.garbage.Verdict.Standing;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows owner references over all kinds, custom ones included: deletes objects whose owners are all gone, deletes
 * dependents first or lets them loose where the deletion of an owner asks for it.
 *
 * <p>A reference counts by its uid: an owner of the same name that was created again is another one. An owner is believed to
 * be gone only after the API has said so; before all kinds are listed nothing is done at all.
 */
public final class GarbageCollector implements Reconciler, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GarbageCollector.class);
    private static final int PARALLELISM = 20;
    private static final Duration ASK_AGAIN = Duration.ofSeconds(30);

    /** Kinds come and go with their definitions: so long after such a change discovery is asked again. */
    private static final Duration SETTLE = Duration.ofMillis(300);

    private static final Duration LIST_AGAIN = Duration.ofMillis(500);

    /** It watches every kind: those connections are made when the start of the others no longer waits for the processor. */
    private static final Duration START_DELAY = Duration.ofSeconds(2);

    private static final Key DISCOVERY = new Key("", "");
    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private final Workspace workspace;
    private final Graph graph = new Graph();
    private final Sources sources;
    private final Controller discovery;
    private final Controller work;

    private GarbageCollector(Workspace workspace) {
        this.workspace = workspace;
        this.sources = new Sources(workspace, this::changed, this::removed);
        this.discovery = new Controller("garbage-discovery", 1, key -> discover());
        this.work = new Controller("garbage", PARALLELISM, this);
    }

    /** Starts it; it begins to act by itself once every kind has been listed. */
    public static GarbageCollector start(Workspace workspace) {
        var collector = new GarbageCollector(workspace);
        collector.discovery.start();
        collector.discovery.enqueueAfter(DISCOVERY, START_DELAY);
        return collector;
    }

    private Result discover() {
        sources.refresh().forEach(kind -> look(graph.removeAll(kind)));
        if (!sources.isListed()) {
            return Result.after(LIST_AGAIN);
        }
        work.start();
        return Result.done();
    }

    private void changed(Kind kind, HasMetadata object) {
        look(graph.put(Item.of(kind, object)));
        if (kind.kind().equals("CustomResourceDefinition") || kind.kind().equals("APIService")) {
            discovery.enqueueAfter(DISCOVERY, SETTLE);
        }
    }

    private void removed(HasMetadata object) {
        look(graph.remove(object.getMetadata().getUid()));
        if (object.getKind().equals("CustomResourceDefinition")) {
            discovery.enqueueAfter(DISCOVERY, SETTLE);
        }
    }

    private void look(Collection<String> uids) {
        uids.forEach(uid -> work.enqueue(new Key("", uid)));
    }

    @Override
    public Result reconcile(Key key) {
        Item item = graph.get(key.name()).orElse(null);
        if (item == null) {
            return Result.done();
        }
        switch (Verdict.of(item, graph.dependents(item.uid()), owner -> standing(item, owner))) {
            case Verdict.Keep ignored -> {
                return Result.done();
            }
            case Verdict.AskLater ignored -> {
                return Result.after(ASK_AGAIN);
            }
            case Verdict.Delete delete -> delete(item, delete.policy());
            case Verdict.DropOwners drop -> dropOwners(item, drop.uids());
            case Verdict.DeleteDependents delete ->
                look(delete.dependents().stream().map(Item::uid).toList());
            case Verdict.Orphan orphan -> {
                orphan.dependents().forEach(d -> dropOwners(d, List.of(item.uid())));
                dropFinalizer(item, Item.ORPHAN);
            }
            case Verdict.Release ignored -> dropFinalizer(item, Item.FOREGROUND);
        }
        return Result.done();
    }

    private Standing standing(Item item, Owner reference) {
        Item known = graph.get(reference.uid()).orElse(null);
        if (known != null && isReachable(item, known)) {
            return known.waitsForDependents() ? Standing.WAITING : Standing.SOLID;
        }
        Kind kind = sources.kind(reference.group(), reference.kind()).orElse(null);
        if (kind == null || (kind.namespaced() && item.namespace().isEmpty())) {
            // Such a reference can never be resolved; its holder stays.
            return Standing.UNKNOWN;
        }
        GenericKubernetesResource live =
                resource(kind, item.namespace(), reference.name()).get();
        return live != null && live.getMetadata().getUid().equals(reference.uid()) ? Standing.SOLID : Standing.ABSENT;
    }

    private static boolean isReachable(Item item, Item owner) {
        return owner.namespace().isEmpty() || owner.namespace().equals(item.namespace());
    }

    private void delete(Item item, DeletionPropagation policy) {
        log.debug("{} {}/{} has no owner any more", item.kind().kind(), item.namespace(), item.name());
        var options = Map.of(
                "apiVersion",
                "v1",
                "kind",
                "DeleteOptions",
                "propagationPolicy",
                policy.toString(),
                "preconditions",
                Map.of("uid", item.uid()));
        unlessGone(() ->
                workspace.client().raw(item.kind().path(item.namespace()) + "/" + item.name(), "DELETE", options));
    }

    private void dropOwners(Item item, List<String> uids) {
        edit(
                item,
                live -> live.getMetadata().getOwnerReferences().stream().anyMatch(r -> uids.contains(r.getUid())),
                (live, metadata) -> {
                    List<OwnerReference> kept = live.getMetadata().getOwnerReferences().stream()
                            .filter(r -> !uids.contains(r.getUid()))
                            .toList();
                    metadata.set(
                            "ownerReferences", JSON.convertValue(kept, com.fasterxml.jackson.databind.JsonNode.class));
                });
    }

    private void dropFinalizer(Item item, String finalizer) {
        edit(
                item,
                live -> live.getMetadata().getFinalizers().contains(finalizer),
                (live, metadata) -> live.getMetadata().getFinalizers().stream()
                        .filter(f -> !f.equals(finalizer))
                        .forEach(metadata.putArray("finalizers")::add));
    }

    private interface Edit {
        void write(GenericKubernetesResource live, ObjectNode metadata);
    }

    /** Patches an object's metadata, given that it is still the one that was looked at. */
    private void edit(Item item, Predicate<GenericKubernetesResource> needed, Edit edit) {
        unlessGone(() -> {
            var resource = resource(item.kind(), item.namespace(), item.name());
            GenericKubernetesResource live = resource.get();
            if (live == null || !live.getMetadata().getUid().equals(item.uid()) || !needed.test(live)) {
                return;
            }
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            ObjectNode metadata = patch.putObject("metadata");
            metadata.put("uid", item.uid());
            metadata.put("resourceVersion", live.getMetadata().getResourceVersion());
            edit.write(live, metadata);
            resource.patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
        });
    }

    private static void unlessGone(Runnable write) {
        try {
            write.run();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private Resource<GenericKubernetesResource> resource(Kind kind, String namespace, String name) {
        var all = workspace.client().genericKubernetesResources(kind.context());
        return kind.namespaced() ? all.inNamespace(namespace).withName(name) : all.withName(name);
    }

    @Override
    public void close() {
        discovery.close();
        work.close();
        sources.close();
    }
}
