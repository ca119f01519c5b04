package dev.gyropilot.scheduler.claims;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Takes ended pods off a claim, frees its devices when nobody is left, and deletes it when its own pod has ended. */
final class ClaimRelease implements Reconciler {
    private static final int NOT_FOUND = 404;
    private static final String FINALIZER = "resource.kubernetes.io/delete-protection";

    private final Cluster cluster;

    ClaimRelease(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Result reconcile(Key key) {
        Optional<ResourceClaim> found = cluster.cached(ResourceClaim.class, key);
        try {
            found.ifPresent(claim -> release(key.namespace(), claim));
        } catch (KubernetesClientException e) {
            if (e.getCode() != NOT_FOUND) {
                throw e;
            }
        }
        return Result.done();
    }

    private void release(String namespace, ResourceClaim found) {
        ResourceClaim claim = found;
        List<ResourceClaimConsumerReference> users = users(claim);
        List<ResourceClaimConsumerReference> left =
                users.stream().filter(user -> mayUse(namespace, user)).toList();
        boolean allocated = claim.getStatus() != null && claim.getStatus().getAllocation() != null;
        boolean free = allocated && left.isEmpty();
        if (left.size() < users.size() || free) {
            claim = write(claim, left);
        }
        // A claim that a scheduler protects in order to allocate it next must not lose its protection in between.
        boolean deleting = claim.getMetadata().getDeletionTimestamp() != null;
        if (left.isEmpty() && (free || deleting) && finalizers(claim).contains(FINALIZER)) {
            claim = unprotect(claim);
        }
        if (claim.getMetadata().getDeletionTimestamp() == null && ownerHasEnded(claim)) {
            delete(claim);
        }
    }

    private static List<ResourceClaimConsumerReference> users(ResourceClaim claim) {
        return claim.getStatus() == null
                ? List.of()
                : Objects.requireNonNullElse(claim.getStatus().getReservedFor(), List.of());
    }

    private static List<String> finalizers(ResourceClaim claim) {
        return Objects.requireNonNullElse(claim.getMetadata().getFinalizers(), List.of());
    }

    /** Whether a user is, or may be, still there. Users that are not pods are left to whoever made them. */
    private boolean mayUse(String namespace, ResourceClaimConsumerReference user) {
        if (!"pods".equals(user.getResource())) {
            return true;
        }
        Optional<Pod> known = pod(namespace, user.getName(), user.getUid());
        return known.isPresent() && !PodClaims.ended(known.get());
    }

    /** The pod with this uid; asks the API before it believes that one is gone. */
    private Optional<Pod> pod(String namespace, String name, String uid) {
        return cluster.cached(Pod.class, new Key(namespace, name))
                .filter(p -> uid.equals(p.getMetadata().getUid()))
                .or(() -> Optional.ofNullable(cluster.client()
                                .pods()
                                .inNamespace(namespace)
                                .withName(name)
                                .get())
                        .filter(p -> uid.equals(p.getMetadata().getUid())));
    }

    private ResourceClaim write(ResourceClaim claim, List<ResourceClaimConsumerReference> left) {
        var status = new ResourceClaimBuilder(claim).editStatus().withReservedFor(left);
        if (left.isEmpty()) {
            status.withAllocation(null).withDevices(List.of());
        }
        return cluster.client().resource(status.endStatus().build()).updateStatus();
    }

    private ResourceClaim unprotect(ResourceClaim claim) {
        return cluster.client()
                .resource(new ResourceClaimBuilder(claim)
                        .editMetadata()
                        .removeFromFinalizers(FINALIZER)
                        .endMetadata()
                        .build())
                .update();
    }

    private boolean ownerHasEnded(ResourceClaim claim) {
        for (OwnerReference owner :
                Objects.requireNonNullElse(claim.getMetadata().getOwnerReferences(), List.<OwnerReference>of())) {
            if ("Pod".equals(owner.getKind()) && Boolean.TRUE.equals(owner.getController())) {
                Optional<Pod> pod = pod(claim.getMetadata().getNamespace(), owner.getName(), owner.getUid());
                return pod.isEmpty() || PodClaims.ended(pod.get());
            }
        }
        return false;
    }

    private void delete(ResourceClaim claim) {
        var _ = cluster.client()
                .resources(ResourceClaim.class)
                .inNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName())
                .delete();
    }
}
