package dev.gyropilot.apiserver.builtin;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The defaults that depend on more than the field itself, by type. They run before those of the types inside, on objects
 * whose empty values are gone already.
 */
final class TypeDefaults {
    static final Map<String, Consumer<ObjectNode>> BY_TYPE = Map.ofEntries(
            entry("io.k8s.api.core.v1.Pod", PodDefaults::pod),
            entry("io.k8s.api.core.v1.PodSpec", PodDefaults::podSpec),
            entry("io.k8s.api.core.v1.Container", PodDefaults::container),
            entry("io.k8s.api.core.v1.EphemeralContainer", PodDefaults::container),
            entry("io.k8s.api.core.v1.Probe", PodDefaults::probe),
            entry("io.k8s.api.core.v1.HTTPGetAction", PodDefaults::httpGet),
            entry("io.k8s.api.core.v1.GRPCAction", grpc -> Tree.setIfAbsent(grpc, "service", "")),
            entry("io.k8s.api.core.v1.Volume", PodDefaults::volume),
            entry("io.k8s.api.core.v1.SecretVolumeSource", TypeDefaults::mode),
            entry("io.k8s.api.core.v1.ConfigMapVolumeSource", TypeDefaults::mode),
            entry("io.k8s.api.core.v1.DownwardAPIVolumeSource", TypeDefaults::mode),
            entry("io.k8s.api.core.v1.ProjectedVolumeSource", TypeDefaults::mode),
            entry("io.k8s.api.core.v1.HostPathVolumeSource", source -> Tree.setIfAbsent(source, "type", "")),
            entry(
                    "io.k8s.api.core.v1.ServiceAccountTokenProjection",
                    token -> Tree.setIfAbsent(token, "expirationSeconds", 3600)),
            entry("io.k8s.api.core.v1.ObjectFieldSelector", field -> Tree.setIfEmpty(field, "apiVersion", "v1")),
            entry("io.k8s.api.core.v1.ResourceFieldSelector", selector -> Tree.setIfAbsent(selector, "divisor", "0")),
            entry("io.k8s.api.core.v1.ReplicationController", WorkloadDefaults::replicationController),
            entry("io.k8s.api.core.v1.Service", NetworkDefaults::service),
            entry("io.k8s.api.core.v1.ServicePort", NetworkDefaults::servicePort),
            entry("io.k8s.api.core.v1.EndpointPort", port -> Tree.setIfEmpty(port, "protocol", "TCP")),
            entry("io.k8s.api.core.v1.Secret", TypeDefaults::secret),
            entry("io.k8s.api.core.v1.PersistentVolume", TypeDefaults::volume),
            entry(
                    "io.k8s.api.core.v1.PersistentVolumeClaim",
                    claim -> Tree.setIfEmpty(Tree.child(claim, "status"), "phase", "Pending")),
            entry(
                    "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
                    spec -> Tree.setIfAbsent(spec, "volumeMode", "Filesystem")),
            entry("io.k8s.api.core.v1.Namespace", TypeDefaults::namespace),
            entry("io.k8s.api.core.v1.NodeStatus", TypeDefaults::nodeStatus),
            entry("io.k8s.api.core.v1.LimitRangeItem", TypeDefaults::limitRangeItem),
            entry("io.k8s.api.apps.v1.Deployment", WorkloadDefaults::deployment),
            entry("io.k8s.api.apps.v1.DaemonSet", WorkloadDefaults::daemonSet),
            entry("io.k8s.api.apps.v1.StatefulSet", WorkloadDefaults::statefulSet),
            entry("io.k8s.api.apps.v1.ReplicaSet", set -> Tree.setIfAbsent(Tree.child(set, "spec"), "replicas", 1)),
            entry("io.k8s.api.batch.v1.Job", WorkloadDefaults::job),
            entry("io.k8s.api.batch.v1.CronJob", WorkloadDefaults::cronJob),
            entry(
                    "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
                    pattern -> Tree.setIfEmpty(pattern, "status", "True")),
            entry("io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", WorkloadDefaults::autoscaler),
            entry("io.k8s.api.networking.v1.NetworkPolicy", NetworkDefaults::networkPolicy),
            entry("io.k8s.api.networking.v1.NetworkPolicyPort", port -> Tree.setIfAbsent(port, "protocol", "TCP")),
            entry(
                    "io.k8s.api.networking.v1.IngressClassParametersReference",
                    parameters -> Tree.setIfAbsent(parameters, "scope", "Cluster")),
            entry("io.k8s.api.discovery.v1.EndpointPort", NetworkDefaults::endpointPort),
            entry("io.k8s.api.rbac.v1.RoleRef", role -> Tree.setIfEmpty(role, "apiGroup", "rbac.authorization.k8s.io")),
            entry("io.k8s.api.rbac.v1.Subject", TypeDefaults::subject),
            entry("io.k8s.api.resource.v1.ExactDeviceRequest", TypeDefaults::deviceRequest),
            entry("io.k8s.api.resource.v1.DeviceSubRequest", TypeDefaults::deviceRequest),
            entry(
                    "io.k8s.api.scheduling.v1.PriorityClass",
                    priority -> Tree.setIfAbsent(priority, "preemptionPolicy", "PreemptLowerPriority")),
            entry("io.k8s.api.storage.v1.StorageClass", TypeDefaults::storageClass),
            entry("io.k8s.api.storage.v1.CSIDriverSpec", TypeDefaults::csiDriver),
            entry("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", spec -> {
                if (Tree.empty(spec, "matchingPrecedence")) {
                    spec.put("matchingPrecedence", 1000);
                }
            }),
            entry("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", limited -> {
                Tree.setIfAbsent(limited, "nominalConcurrencyShares", 30);
                Tree.setIfAbsent(limited, "lendablePercent", 0);
            }),
            entry(
                    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
                    TypeDefaults::customResource),
            entry(
                    "io.k8s.api.authentication.v1.TokenRequestSpec",
                    spec -> Tree.setIfAbsent(spec, "expirationSeconds", 3600)));

    private static final int FILE_MODE = 0644;
    private static final Set<String> RBAC_SUBJECTS = Set.of("User", "Group");

    private TypeDefaults() {}

    static void apply(String type, ObjectNode object) {
        Consumer<ObjectNode> defaults = BY_TYPE.get(type);
        if (defaults != null) {
            defaults.accept(object);
        }
    }

    private static void mode(ObjectNode source) {
        Tree.setIfAbsent(source, "defaultMode", FILE_MODE);
    }

    /** What was written as plain text is stored as the rest is. */
    private static void secret(ObjectNode secret) {
        Tree.setIfEmpty(secret, "type", "Opaque");
        if (secret.remove("stringData") instanceof ObjectNode plain) {
            ObjectNode data = Tree.child(secret, "data");
            plain.properties().forEach(entry -> {
                byte[] bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
                data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
            });
        }
    }

    private static void volume(ObjectNode volume) {
        Tree.setIfEmpty(Tree.child(volume, "status"), "phase", "Pending");
        ObjectNode spec = Tree.child(volume, "spec");
        Tree.setIfEmpty(spec, "persistentVolumeReclaimPolicy", "Retain");
        Tree.setIfAbsent(spec, "volumeMode", "Filesystem");
    }

    private static void namespace(ObjectNode namespace) {
        String name = Tree.text(namespace, "metadata", "name");
        if (!name.isEmpty()) {
            Tree.child(namespace, "metadata", "labels").put("kubernetes.io/metadata.name", name);
        }
        Tree.setIfEmpty(Tree.child(namespace, "status"), "phase", "Active");
    }

    private static void nodeStatus(ObjectNode status) {
        if (Tree.absent(status, "allocatable") && status.get("capacity") instanceof ObjectNode capacity) {
            status.set("allocatable", capacity.deepCopy());
        }
    }

    private static void limitRangeItem(ObjectNode item) {
        if (!Tree.text(item, "type").equals("Container")) {
            return;
        }
        for (List<String> step : List.of(
                List.of("max", "default"), List.of("default", "defaultRequest"), List.of("min", "defaultRequest"))) {
            JsonNode source = item.path(step.get(0));
            if (!source.isEmpty()) {
                ObjectNode target = Tree.child(item, step.get(1));
                source.properties().stream()
                        .filter(entry -> !target.has(entry.getKey()))
                        .toList()
                        .forEach(entry -> target.set(entry.getKey(), entry.getValue()));
            }
        }
    }

    private static void subject(ObjectNode subject) {
        if (RBAC_SUBJECTS.contains(Tree.text(subject, "kind"))) {
            Tree.setIfEmpty(subject, "apiGroup", "rbac.authorization.k8s.io");
        }
    }

    private static void deviceRequest(ObjectNode request) {
        Tree.setIfEmpty(request, "allocationMode", "ExactCount");
        if (Tree.text(request, "allocationMode").equals("ExactCount") && Tree.empty(request, "count")) {
            request.put("count", 1);
        }
    }

    private static void customResource(ObjectNode definition) {
        ObjectNode spec = Tree.child(definition, "spec");
        Tree.setIfEmpty(Tree.child(spec, "conversion"), "strategy", "None");
        ObjectNode names = Tree.child(spec, "names");
        String kind = Tree.text(names, "kind");
        if (!kind.isEmpty()) {
            Tree.setIfEmpty(names, "singular", kind.toLowerCase(Locale.ROOT));
            Tree.setIfEmpty(names, "listKind", kind + "List");
        }
    }

    private static void storageClass(ObjectNode storage) {
        Tree.setIfAbsent(storage, "reclaimPolicy", "Delete");
        Tree.setIfAbsent(storage, "volumeBindingMode", "Immediate");
    }

    private static void csiDriver(ObjectNode spec) {
        Tree.setIfAbsent(spec, "attachRequired", true);
        Tree.setIfAbsent(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        Tree.setIfAbsent(spec, "podInfoOnMount", false);
        Tree.setIfAbsent(spec, "requiresRepublish", false);
        Tree.setIfAbsent(spec, "seLinuxMount", false);
        Tree.setIfAbsent(spec, "storageCapacity", false);
        if (Tree.empty(spec, "volumeLifecycleModes")) {
            spec.putArray("volumeLifecycleModes").add("Persistent");
        }
    }
}
