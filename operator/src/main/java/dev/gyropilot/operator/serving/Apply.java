package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceStatus;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The writes of the operator: server-side apply under its own name, left out when nothing would change. */
public final class Apply {
    /** The field manager of everything that the operator owns. */
    public static final String MANAGER = "gyropilot-operator";

    private static final PatchContext MERGE = new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager(MANAGER)
            .build();

    private static final int REMEMBERED_LIMIT = 10_000;

    private final KubernetesClient client;

    /** What was applied last, and what came of it. */
    private final Map<String, Applied> applied = new LinkedHashMap<>(16, 0.75f, true);

    private record Applied(HasMetadata wish, HasMetadata result) {}

    public Apply(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Applies an object unless this very wish has been applied already and nobody has changed the object since.
     *
     * @param cached the object as last seen, perhaps a little late
     */
    void unlessSame(HasMetadata wish, Optional<? extends HasMetadata> cached) {
        String identity = wish.getKind() + "/" + wish.getMetadata().getNamespace() + "/"
                + wish.getMetadata().getName();
        synchronized (applied) {
            Applied last = applied.get(identity);
            if (last != null
                    && last.wish().equals(wish)
                    && cached.filter(c -> isUntouched(c, last.result())).isPresent()) {
                return;
            }
        }
        String digest = Revision.hash(wish);
        HasMetadata asApplied = cached.filter(c -> isAsApplied(c, digest)).orElse(null);
        remember(identity, new Applied(wish, asApplied == null ? force(marked(wish, digest)) : asApplied));
    }

    private void remember(String identity, Applied last) {
        synchronized (applied) {
            applied.put(identity, last);
            if (applied.size() > REMEMBERED_LIMIT) {
                applied.remove(applied.keySet().iterator().next());
            }
        }
    }

    private HasMetadata marked(HasMetadata wish, String digest) {
        HasMetadata marked = client.getKubernetesSerialization().clone(wish);
        marked.getMetadata().getAnnotations().put(Names.ANNOTATION_APPLIED, digest);
        return marked;
    }

    /** Whether an earlier process applied this very wish, and nobody has written anything but its status since. */
    private static boolean isAsApplied(HasMetadata cached, String digest) {
        ObjectMeta metadata = cached.getMetadata();
        return digest.equals(metadata.getAnnotations().get(Names.ANNOTATION_APPLIED))
                && metadata.getManagedFields().stream()
                        .allMatch(entry -> "status".equals(entry.getSubresource())
                                || (MANAGER.equals(entry.getManager()) && "Apply".equals(entry.getOperation())));
    }

    private static boolean isUntouched(HasMetadata cached, HasMetadata result) {
        return Objects.equals(
                        cached.getMetadata().getUid(), result.getMetadata().getUid())
                && version(cached) <= version(result);
    }

    /** The generation, which a mere change of status leaves alone; kinds that have none have no status either. */
    private static long version(HasMetadata object) {
        Long generation = object.getMetadata().getGeneration();
        return generation == null ? Long.parseLong(object.getMetadata().getResourceVersion()) : generation;
    }

    /** Applies an object, taking over the fields that others have set. */
    public HasMetadata force(HasMetadata wish) {
        return client.resource(wish).fieldManager(MANAGER).forceConflicts().serverSideApply();
    }

    void scale(Deployment deployment, int replicas) {
        if (!Objects.equals(deployment.getSpec().getReplicas(), replicas)) {
            client.resource(deployment).patch(MERGE, "{\"spec\":{\"replicas\":" + replicas + "}}");
        }
    }

    void delete(HasMetadata object) {
        client.resource(object)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();
    }

    void status(ModelService service, ModelServiceStatus status) {
        var written = new ModelService();
        written.setMetadata(new ObjectMetaBuilder(service.getMetadata()).build());
        written.setSpec(service.getSpec());
        written.setStatus(status);
        client.resource(written).updateStatus();
    }
}
