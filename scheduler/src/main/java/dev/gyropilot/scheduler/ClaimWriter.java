package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import dev.gyropilot.brain.placement.objects.AllocationWriter;
import dev.gyropilot.scheduler.claims.ImplicitClaims;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes allocations and reservations into ResourceClaims; against other writers it wins or gives way, never overwrites. */
final class ClaimWriter {
    /** Keeps a claim that has devices from vanishing under its users; the claim controller takes it off. */
    static final String FINALIZER = "resource.kubernetes.io/delete-protection";

    private static final int CONFLICT_LIMIT = 5;

    private final KubernetesClient client;
    private final InstantSource clock;

    ClaimWriter(KubernetesClient client, InstantSource clock) {
        this.client = client;
        this.clock = clock;
    }

    /**
     * Reserves a claim for a pod, and allocates it if a decision is given.
     *
     * @param known the claim as last seen, to spare a read; may be out of date
     * @return the claim as written
     * @throws KubernetesClientException with code 409 when another has decided otherwise
     */
    ResourceClaim reserve(String name, Pod pod, @Nullable ClaimAllocation decided, Optional<ResourceClaim> known) {
        String namespace = pod.getMetadata().getNamespace();
        ResourceClaim current = known.orElse(null);
        for (int attempt = 1; ; attempt++) {
            if (current == null) {
                current = client.resources(ResourceClaim.class)
                        .inNamespace(namespace)
                        .withName(name)
                        .get();
            }
            if (current == null) {
                throw new KubernetesClientException("claim " + namespace + "/" + name + " is gone", 409, null);
            }
            try {
                check(current, decided);
                return write(protect(current), pod, decided);
            } catch (KubernetesClientException e) {
                // What was last seen may be out of date, what was just read is not: then another has decided.
                boolean fresh = attempt > 1 || known.isEmpty();
                boolean ours = e.getStatus() == null;
                if (e.getCode() != 409 || attempt == CONFLICT_LIMIT || (fresh && ours)) {
                    throw e;
                }
                current = null;
            }
        }
    }

    /**
     * Makes the claim for a pod's extended resources, allocates it, and tells the pod.
     *
     * @return the claim as written
     * @throws KubernetesClientException with code 409 when an earlier attempt has left one, which is taken away
     */
    ResourceClaim make(Pod pod, ImplicitClaim implicit, ClaimAllocation decided) {
        ResourceClaim made;
        try {
            made = client.resource(ImplicitClaims.of(pod, implicit)).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                discard(pod, implicit.claim().name());
            }
            throw e;
        }
        String uid = made.getMetadata().getUid();
        ResourceClaim written = reserve(implicit.claim().name(), pod, decided.of(uid), Optional.of(made));
        String patch = client.getKubernetesSerialization()
                .asJson(Map.of("status", Map.of("extendedResourceClaimStatus", ImplicitClaims.status(implicit))));
        var _ = client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
        return written;
    }

    /** Takes the claim for a pod's extended resources away. */
    void discard(Pod pod, String name) {
        var resource = client.resources(ResourceClaim.class)
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name);
        ResourceClaim left = resource.get();
        if (left != null && ImplicitClaims.isOf(pod, left)) {
            if (left.getMetadata().getFinalizers().contains(FINALIZER)) {
                var _ = client.resource(new ResourceClaimBuilder(left)
                                .editMetadata()
                                .removeFromFinalizers(FINALIZER)
                                .endMetadata()
                                .build())
                        .update();
            }
            var _ = resource.delete();
        }
    }

    /** Takes the pod's reservation back; what others reserved or allocated stays. */
    void release(String namespace, String name, String podUid) {
        ResourceClaim current = client.resources(ResourceClaim.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (current == null
                || current.getStatus() == null
                || current.getStatus().getReservedFor() == null) {
            return;
        }
        var rest = new ArrayList<>(current.getStatus().getReservedFor());
        if (rest.removeIf(user -> podUid.equals(user.getUid()))) {
            var _ = client.resource(new ResourceClaimBuilder(current)
                            .editStatus()
                            .withReservedFor(rest)
                            .endStatus()
                            .build())
                    .updateStatus();
        }
    }

    private static void check(ResourceClaim current, @Nullable ClaimAllocation decided) {
        var status = current.getStatus();
        boolean allocated = status != null && status.getAllocation() != null;
        boolean deleting = current.getMetadata().getDeletionTimestamp() != null;
        boolean replaced =
                decided != null && !decided.uid().equals(current.getMetadata().getUid());
        if (deleting || replaced || allocated != (decided == null)) {
            String now =
                    deleting ? "being deleted" : replaced ? "another one" : allocated ? "allocated" : "not allocated";
            throw new KubernetesClientException(
                    "claim " + current.getMetadata().getName() + " is " + now + " meanwhile", 409, null);
        }
    }

    private ResourceClaim protect(ResourceClaim claim) {
        List<String> finalizers = Objects.requireNonNullElse(claim.getMetadata().getFinalizers(), List.of());
        if (finalizers.contains(FINALIZER)) {
            return claim;
        }
        return client.resource(new ResourceClaimBuilder(claim)
                        .editMetadata()
                        .addToFinalizers(FINALIZER)
                        .endMetadata()
                        .build())
                .update();
    }

    private ResourceClaim write(ResourceClaim claim, Pod pod, @Nullable ClaimAllocation decided) {
        List<ResourceClaimConsumerReference> users = claim.getStatus() == null
                ? List.of()
                : Objects.requireNonNullElse(claim.getStatus().getReservedFor(), List.of());
        String uid = pod.getMetadata().getUid();
        if (decided == null && users.stream().anyMatch(user -> uid.equals(user.getUid()))) {
            return claim;
        }
        var builder = new ResourceClaimBuilder(claim).editOrNewStatus();
        if (users.stream().noneMatch(user -> uid.equals(user.getUid()))) {
            builder.addToReservedFor(new ResourceClaimConsumerReferenceBuilder()
                    .withResource("pods")
                    .withName(pod.getMetadata().getName())
                    .withUid(uid)
                    .build());
        }
        if (decided != null) {
            builder.withAllocation(new AllocationResultBuilder(AllocationWriter.write(decided))
                    .withAllocationTimestamp(
                            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
                    .build());
        }
        return client.resource(builder.endStatus().build()).updateStatus();
    }
}
