package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Namespaces, nodes, configuration, storage, leases, events and priorities. */
final class ClusterRules {
    private static final int MAX_DATA_BYTES = 1 << 20;
    private static final long MAX_USER_PRIORITY = 1_000_000_000;
    private static final Map<String, List<String>> SECRET_KEYS = Map.of(
            "kubernetes.io/dockerconfigjson", List.of(".dockerconfigjson"),
            "kubernetes.io/dockercfg", List.of(".dockercfg"),
            "kubernetes.io/ssh-auth", List.of("ssh-privatekey"),
            "kubernetes.io/tls", List.of("tls.crt", "tls.key"));

    private ClusterRules() {}

    static Map<String, KindRule> rules() {
        Map<String, KindRule> rules = new LinkedHashMap<>();
        rules.put(
                "/Namespace",
                KindRule.plain()
                        .named(NameRules::label)
                        .onCreate(ClusterRules::namespaceFinalizer)
                        .onUpdate(ClusterRules::updateNamespace)
                        .selects("status.phase"));
        rules.put(
                "/Node",
                KindRule.plain()
                        .keepsStatus()
                        .selects("spec.unschedulable", "false")
                        .checkUpdate(ClusterRules::checkNode));
        rules.put(
                "/ConfigMap",
                KindRule.plain().check(ClusterRules::checkConfigMap).checkUpdate(ClusterRules::checkImmutable));
        rules.put(
                "/Secret",
                KindRule.plain()
                        .check(ClusterRules::checkSecret)
                        .checkUpdate(ClusterRules::checkImmutable)
                        .immutable("type")
                        .selects("type"));
        rules.put("/ServiceAccount", KindRule.plain());
        rules.put("/LimitRange", KindRule.plain().createsOnUpdate());
        rules.put("/ResourceQuota", KindRule.plain());
        rules.put("/PersistentVolume", KindRule.plain());
        rules.put("/PersistentVolumeClaim", KindRule.plain().checkUpdate(ClusterRules::checkClaim));
        rules.put("storage.k8s.io/CSIDriver", KindRule.plain().needsVersionOnUpdate());
        rules.put("storage.k8s.io/CSINode", KindRule.plain().needsVersionOnUpdate());
        rules.put("storage.k8s.io/CSIStorageCapacity", KindRule.plain().needsVersionOnUpdate());
        rules.put(
                "storage.k8s.io/VolumeAttachment",
                KindRule.plain().needsVersionOnUpdate().immutable("spec"));
        rules.put("storage.k8s.io/StorageClass", KindRule.plain().checkUpdate(ClusterRules::checkStorageClass));
        rules.put(
                "node.k8s.io/RuntimeClass",
                KindRule.plain().createsOnUpdate().needsVersionOnUpdate().immutable("handler"));
        rules.put(
                "coordination.k8s.io/Lease",
                KindRule.plain().createsOnUpdate().needsVersionOnUpdate().check(ClusterRules::checkLease));
        rules.put(
                "/Event",
                KindRule.plain()
                        .createsOnUpdate()
                        .selects(
                                "involvedObject.kind",
                                "involvedObject.namespace",
                                "involvedObject.name",
                                "involvedObject.uid",
                                "involvedObject.apiVersion",
                                "involvedObject.resourceVersion",
                                "involvedObject.fieldPath",
                                "reason",
                                "type")
                        .selects("reportingComponent", ClusterRules::reporter)
                        .selects("source", ClusterRules::reporter));
        rules.put(
                "events.k8s.io/Event",
                KindRule.plain()
                        .createsOnUpdate()
                        .selects(
                                "regarding.kind",
                                "regarding.namespace",
                                "regarding.name",
                                "regarding.uid",
                                "regarding.apiVersion",
                                "regarding.resourceVersion",
                                "regarding.fieldPath",
                                "reason",
                                "type",
                                "reportingController"));
        rules.put(
                "scheduling.k8s.io/PriorityClass",
                KindRule.plain().check(ClusterRules::checkPriority).checkUpdate(ClusterRules::checkPriorityUpdate));
        rules.put(
                "certificates.k8s.io/CertificateSigningRequest",
                KindRule.plain().selects("spec.signerName"));
        rules.put(
                "apiextensions.k8s.io/CustomResourceDefinition",
                KindRule.plain().needsVersionOnUpdate().onCreate(ClusterRules::storedVersion));
        return rules;
    }

    private static void storedVersion(ObjectNode definition) {
        ObjectNode status = definition.putObject("status");
        for (ObjectNode version : Tree.objects(definition, "spec", "versions")) {
            if (Tree.flag(version, "storage")) {
                Tree.list(status, "storedVersions").add(Tree.text(version, "name"));
            }
        }
    }

    private static String reporter(ObjectNode event) {
        String component = Tree.text(event, "source", "component");
        return component.isEmpty() ? Tree.text(event, "reportingComponent") : component;
    }

    private static void namespaceFinalizer(ObjectNode namespace) {
        ObjectNode spec = Tree.child(namespace, "spec");
        if (!Tree.texts(spec, "finalizers").contains("kubernetes")) {
            Tree.list(spec, "finalizers").add("kubernetes");
        }
        namespace.putObject("status").put("phase", "Active");
    }

    private static void updateNamespace(ObjectNode before, ObjectNode namespace, String subresource) {
        switch (subresource) {
            case "" -> {
                Tree.take(before, namespace, "status");
                Tree.take(Tree.child(before.deepCopy(), "spec"), Tree.child(namespace, "spec"), "finalizers");
            }
            case "finalize" -> Tree.take(before, namespace, "status");
            default -> {}
        }
    }

    private static void checkNode(ObjectNode before, ObjectNode node, String subresource, Findings findings) {
        String was = Tree.text(before, "spec", "providerID");
        if (!was.isEmpty() && !was.equals(Tree.text(node, "spec", "providerID"))) {
            findings.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
        }
    }

    private static void checkConfigMap(ObjectNode map, Findings findings) {
        long bytes = 0;
        for (String field : List.of("data", "binaryData")) {
            for (Map.Entry<String, JsonNode> entry : map.path(field).properties()) {
                findings.invalidEach(
                        field + "[" + entry.getKey() + "]", entry.getKey(), NameRules.configKey(entry.getKey()));
                bytes += entry.getValue().asText().length();
            }
        }
        map.path("binaryData").fieldNames().forEachRemaining(key -> {
            if (map.path("data").has(key)) {
                findings.invalid("data[" + key + "]", key, "duplicate of key present in binaryData");
            }
        });
        if (bytes > MAX_DATA_BYTES) {
            findings.tooLong("", MAX_DATA_BYTES);
        }
    }

    private static void checkSecret(ObjectNode secret, Findings findings) {
        long bytes = 0;
        for (Map.Entry<String, JsonNode> entry : secret.path("data").properties()) {
            findings.invalidEach("data[" + entry.getKey() + "]", entry.getKey(), NameRules.configKey(entry.getKey()));
            bytes += entry.getValue().asText().length() * 3L / 4;
        }
        if (bytes > MAX_DATA_BYTES) {
            findings.tooLong("data", MAX_DATA_BYTES);
        }
        String type = Tree.text(secret, "type");
        for (String key : SECRET_KEYS.getOrDefault(type, List.of())) {
            if (!secret.path("data").has(key)) {
                findings.required("data[" + key + "]", "");
            }
        }
        if (type.equals("kubernetes.io/basic-auth")
                && !secret.path("data").has("username")
                && !secret.path("data").has("password")) {
            findings.required("data[username]", "");
            findings.required("data[password]", "");
        }
        if (type.equals("kubernetes.io/service-account-token")
                && Tree.text(secret, "metadata", "annotations", "kubernetes.io/service-account.name")
                        .isEmpty()) {
            findings.required("metadata.annotations[kubernetes.io/service-account.name]", "");
        }
    }

    private static void checkImmutable(ObjectNode before, ObjectNode object, String subresource, Findings findings) {
        if (!Tree.flag(before, "immutable")) {
            return;
        }
        String why = "field is immutable when `immutable` is set";
        if (!Tree.flag(object, "immutable")) {
            findings.forbidden("immutable", why);
        }
        for (String field : List.of("data", "binaryData")) {
            if (!before.path(field).equals(object.path(field))) {
                findings.forbidden(field, why);
            }
        }
    }

    private static void checkClaim(ObjectNode before, ObjectNode claim, String subresource, Findings findings) {
        ObjectNode was = Tree.child(before.deepCopy(), "spec");
        ObjectNode is = Tree.child(claim.deepCopy(), "spec");
        if (Tree.empty(was, "volumeName")) {
            is.remove("volumeName");
            was.remove("volumeName");
        }
        for (ObjectNode spec : List.of(was, is)) {
            Tree.child(spec, "resources").remove("requests");
            spec.remove("volumeAttributesClassName");
        }
        if (was.path("storageClassName").isMissingNode()) {
            is.remove("storageClassName");
        }
        if (!was.equals(is)) {
            findings.forbidden(
                    "spec",
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound"
                            + " claims");
        }
    }

    private static void checkStorageClass(
            ObjectNode before, ObjectNode storage, String subresource, Findings findings) {
        for (String field : List.of("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")) {
            if (!before.path(field).equals(storage.path(field))) {
                findings.forbidden(field, "updates to " + field + " are forbidden.");
            }
        }
    }

    private static void checkLease(ObjectNode lease, Findings findings) {
        JsonNode spec = lease.path("spec");
        if (spec.has("leaseDurationSeconds")
                && spec.path("leaseDurationSeconds").asInt() <= 0) {
            findings.invalid("spec.leaseDurationSeconds", spec.path("leaseDurationSeconds"), "must be greater than 0");
        }
        if (Tree.number(0, spec, "leaseTransitions") < 0) {
            findings.invalid(
                    "spec.leaseTransitions", spec.path("leaseTransitions"), "must be greater than or equal to 0");
        }
    }

    private static void checkPriority(ObjectNode priority, Findings findings) {
        String name = Tree.text(priority, "metadata", "name");
        boolean system = name.equals("system-node-critical") || name.equals("system-cluster-critical");
        if (name.startsWith("system-") && !system) {
            findings.forbidden(
                    "metadata.name",
                    "priority class names with 'system-' prefix are reserved for system use only. error: " + name
                            + " is not a known system priority class");
        }
        if (!name.startsWith("system-") && Tree.number(0, priority, "value") > MAX_USER_PRIORITY) {
            findings.forbidden("value", "maximum allowed value of a user defined priority is " + MAX_USER_PRIORITY);
        }
    }

    private static void checkPriorityUpdate(
            ObjectNode before, ObjectNode priority, String subresource, Findings findings) {
        if (!before.path("value").equals(priority.path("value"))) {
            findings.forbidden("value", "may not be changed in an update.");
        }
        if (!before.path("preemptionPolicy").equals(priority.path("preemptionPolicy"))) {
            findings.invalid("preemptionPolicy", priority.path("preemptionPolicy"), Findings.IMMUTABLE);
        }
    }
}
