package dev.gyropilot.scheduler.claims;

import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import io.fabric8.kubernetes.api.model.ContainerExtendedResourceRequest;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodExtendedResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import java.util.Objects;

/** Claims for extended resources that devices serve, in the shapes of kube-scheduler's own. */
public final class ImplicitClaims {
    private static final String ANNOTATION = "resource.kubernetes.io/extended-resource-claim";

    private ImplicitClaims() {}

    /** The claim as it is to be made. */
    public static ResourceClaim of(Pod pod, ImplicitClaim implicit) {
        Claim claim = implicit.claim();
        return new ResourceClaimBuilder()
                .withNewMetadata()
                .withNamespace(claim.namespace())
                .withName(claim.name())
                .addToAnnotations(ANNOTATION, "true")
                // To block the owner's deletion takes rights on the pod's finalizers, which a scheduler need not have.
                .withOwnerReferences(new OwnerReferenceBuilder(TemplateClaims.owner(pod))
                        .withBlockOwnerDeletion(null)
                        .build())
                .endMetadata()
                .withNewSpec()
                .withNewDevices()
                .withRequests(
                        claim.requests().stream().map(ImplicitClaims::request).toList())
                .endDevices()
                .endSpec()
                .build();
    }

    /** What the pod's status says about it. */
    public static PodExtendedResourceClaimStatus status(ImplicitClaim implicit) {
        return new PodExtendedResourceClaimStatus(
                implicit.mappings().stream()
                        .map(mapping -> new ContainerExtendedResourceRequest(
                                mapping.container(), mapping.request(), mapping.resource()))
                        .toList(),
                implicit.claim().name());
    }

    /** Whether it is a claim for the extended resources of this pod. */
    public static boolean isOf(Pod pod, ResourceClaim claim) {
        return isImplicit(claim)
                && claim.getMetadata().getOwnerReferences().stream()
                        .map(OwnerReference::getUid)
                        .anyMatch(uid -> Objects.equals(uid, pod.getMetadata().getUid()));
    }

    /** Whether it is a claim for the extended resources of some pod. */
    public static boolean isImplicit(ResourceClaim claim) {
        var annotations = claim.getMetadata().getAnnotations();
        return annotations != null && "true".equals(annotations.get(ANNOTATION));
    }

    private static DeviceRequest request(Claim.Request request) {
        Claim.Ask ask = request.alternatives().getFirst();
        return new DeviceRequestBuilder()
                .withName(request.name())
                .withNewExactly()
                .withDeviceClassName(ask.deviceClass())
                .withAllocationMode(ask.mode())
                .withCount(ask.count())
                .endExactly()
                .build();
    }
}
