package dev.gyropilot.scheduler.claims;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;

/** The claims that pods' templates ask for. */
public final class TemplateClaims {
    private static final String ANNOTATION = "resource.kubernetes.io/pod-claim-name";

    /** The longest name that leaves room for the suffix. */
    private static final int PREFIX_LIMIT = 200;

    private TemplateClaims() {}

    /** The name follows from the pod and the entry, so that a second attempt finds what the first one made. */
    public static ResourceClaim of(Pod pod, PodResourceClaim entry, ResourceClaimTemplate template) {
        var spec = template.getSpec();
        var metadata = spec.getMetadata();
        String prefix = pod.getMetadata().getName() + "-" + entry.getName();
        return new ResourceClaimBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(prefix.substring(0, Math.min(prefix.length(), PREFIX_LIMIT)) + "-" + suffix(pod, entry))
                .withLabels(metadata == null ? Map.of() : metadata.getLabels())
                .withAnnotations(metadata == null ? Map.of() : metadata.getAnnotations())
                .addToAnnotations(ANNOTATION, entry.getName())
                .withOwnerReferences(owner(pod))
                .endMetadata()
                .withSpec(spec.getSpec())
                .build();
    }

    static OwnerReference owner(Pod pod) {
        return new OwnerReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    private static String suffix(Pod pod, PodResourceClaim entry) {
        var crc = new CRC32();
        crc.update((pod.getMetadata().getUid() + "/" + entry.getName()).getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
