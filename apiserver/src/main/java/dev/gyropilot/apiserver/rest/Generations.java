package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.List;
import java.util.Set;

/** {@code metadata.generation}: counts the changes of what is wanted. Some built-in kinds have none, as upstream. */
final class Generations {
    private static final Set<String> WITHOUT = Set.of(
            "Binding",
            "CertificateSigningRequest",
            "ClusterRole",
            "ClusterRoleBinding",
            "ConfigMap",
            "ControllerRevision",
            "CSIDriver",
            "CSINode",
            "CSIStorageCapacity",
            "Endpoints",
            "Event",
            "HorizontalPodAutoscaler",
            "IPAddress",
            "Lease",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "PodTemplate",
            "ResourceClaim",
            "ResourceClaimTemplate",
            "ResourceQuota",
            "Role",
            "RoleBinding",
            "RuntimeClass",
            "Secret",
            "Service",
            "ServiceAccount",
            "ServiceCIDR",
            "StorageClass",
            "VolumeAttachment");

    static void onCreate(ResourceType type, ObjectNode object) {
        if (counts(type)) {
            Meta.of(object).put("generation", 1);
        } else {
            Meta.of(object).remove("generation");
        }
    }

    static void onUpdate(ResourceType type, ObjectNode before, ObjectNode object) {
        long generation = before.path("metadata").path("generation").asLong(0);
        boolean changed = counts(type) && !View.same(wanted(before), wanted(object));
        if (changed || generation > 0) {
            Meta.of(object).put("generation", changed ? generation + 1 : generation);
        } else {
            Meta.of(object).remove("generation");
        }
    }

    private static boolean counts(ResourceType type) {
        return type.custom() || !WITHOUT.contains(type.kind());
    }

    private static ObjectNode wanted(ObjectNode object) {
        ObjectNode wanted = object.objectNode();
        wanted.setAll(object);
        wanted.remove(List.of("metadata", "status", "apiVersion", "kind"));
        return wanted;
    }

    private Generations() {}
}
