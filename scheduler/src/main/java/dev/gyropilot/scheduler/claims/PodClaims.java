package dev.gyropilot.scheduler.claims;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.brain.placement.objects.ClaimNames;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the claims that a pod's templates ask for, and names them in the pod's status. */
final class PodClaims implements Reconciler {
    private final Cluster cluster;

    PodClaims(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Whether the pod still waits for a claim from a template. */
    static boolean lacksClaims(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && !ended(pod)
                && !ClaimNames.of(pod).pending().isEmpty();
    }

    static boolean ended(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    @Override
    public Result reconcile(Key key) {
        Optional<Pod> found = cluster.cached(Pod.class, key);
        if (found.isEmpty() || !lacksClaims(found.get())) {
            return Result.done();
        }
        Pod pod = found.get();
        List<String> pending = ClaimNames.of(pod).pending();
        var made = new ArrayList<PodResourceClaimStatus>();
        for (PodResourceClaim entry : pod.getSpec().getResourceClaims()) {
            if (pending.contains(entry.getName())) {
                Optional<String> name = claim(pod, entry);
                if (name.isEmpty()) {
                    return Result.done();
                }
                made.add(new PodResourceClaimStatus(entry.getName(), name.get()));
            }
        }
        publish(pod, made);
        return Result.done();
    }

    /** The name of the claim for an entry, made if need be; empty when there is no template to make it from. */
    private Optional<String> claim(Pod pod, PodResourceClaim entry) {
        String namespace = pod.getMetadata().getNamespace();
        Optional<ResourceClaimTemplate> template =
                cluster.cached(ResourceClaimTemplate.class, new Key(namespace, entry.getResourceClaimTemplateName()));
        if (template.isEmpty()) {
            cluster.warning(
                    pod,
                    "FailedResourceClaimCreation",
                    "PodResourceClaim " + entry.getName() + ": resourceclaimtemplate \""
                            + entry.getResourceClaimTemplateName()
                            + "\" not found. Maybe it is in another namespace than "
                            + namespace);
            return Optional.empty();
        }
        ResourceClaim wanted = TemplateClaims.of(pod, entry, template.get());
        try {
            var _ = cluster.client().resource(wanted).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                cluster.warning(
                        pod,
                        "FailedResourceClaimCreation",
                        "PodResourceClaim " + entry.getName() + ": " + e.getMessage());
                throw e;
            }
        }
        return Optional.of(wanted.getMetadata().getName());
    }

    private void publish(Pod pod, List<PodResourceClaimStatus> made) {
        String patch = cluster.client()
                .getKubernetesSerialization()
                .asJson(Map.of(
                        "metadata",
                        Map.of("uid", pod.getMetadata().getUid()),
                        "status",
                        Map.of("resourceClaimStatuses", made)));
        var _ = cluster.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .subresource("status")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch);
    }
}
