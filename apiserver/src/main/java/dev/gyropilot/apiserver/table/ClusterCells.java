package dev.gyropilot.apiserver.table;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The columns of nodes, namespaces, configuration, storage, access, events, devices and priorities, by kind. */
final class ClusterCells {
    private static final String ROLE_PREFIX = "node-role.kubernetes.io/";
    private static final String STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class";
    private static final Map<String, String> ACCESS_MODES =
            Map.of("ReadWriteOnce", "RWO", "ReadOnlyMany", "ROX", "ReadWriteMany", "RWX", "ReadWriteOncePod", "RWOP");
    private static final List<String> MODE_ORDER =
            List.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");
    private static final String UNKNOWN = "<unknown>";

    private ClusterCells() {}

    static Map<String, Map<String, Cell>> kinds() {
        return Map.ofEntries(
                entry("/Namespace", Map.of("Status", row -> row.text("status", "phase"))),
                entry("/Node", node()),
                entry(
                        "/ConfigMap",
                        Map.of(
                                "Data",
                                row -> (long) row.at("data").size()
                                        + row.at("binaryData").size())),
                entry("/Secret", Map.of("Type", row -> row.text("type"), "Data", row ->
                        (long) row.at("data").size())),
                entry("/ServiceAccount", Map.of()),
                entry("/Event", event("involvedObject")),
                entry("events.k8s.io/Event", event("regarding")),
                entry(
                        "/ResourceQuota",
                        Map.of(
                                "Request", row -> quota(row, false),
                                "Limit", row -> quota(row, true))),
                entry("/PersistentVolume", volume()),
                entry("/PersistentVolumeClaim", claim()),
                entry(
                        "storage.k8s.io/StorageClass",
                        Map.of(
                                "Name",
                                        row -> NetworkCells.withDefaultMark(
                                                row, "storageclass.kubernetes.io/is-default-class"),
                                "Provisioner", row -> row.text("provisioner"),
                                "ReclaimPolicy", row -> row.textOr("Delete", "reclaimPolicy"),
                                "VolumeBindingMode", row -> row.textOr("Immediate", "volumeBindingMode"),
                                "AllowVolumeExpansion", row -> Tree.flag(row.object(), "allowVolumeExpansion"))),
                entry("storage.k8s.io/CSINode", Map.of("Drivers", row ->
                        (long) row.at("spec", "drivers").size())),
                entry("storage.k8s.io/CSIDriver", csiDriver()),
                entry(
                        "storage.k8s.io/VolumeAttachment",
                        Map.of(
                                "Attacher", row -> row.text("spec", "attacher"),
                                "PV", row -> row.text("spec", "source", "persistentVolumeName"),
                                "Node", row -> row.text("spec", "nodeName"),
                                "Attached", row -> Tree.flag(row.object(), "status", "attached"))),
                entry("storage.k8s.io/VolumeAttributesClass", Map.of("DriverName", row -> row.text("driverName"))),
                entry("coordination.k8s.io/Lease", Map.of("Holder", row -> row.text("spec", "holderIdentity"))),
                entry("node.k8s.io/RuntimeClass", Map.of("Handler", row -> row.text("handler"))),
                entry(
                        "scheduling.k8s.io/PriorityClass",
                        Map.of(
                                "Value", row -> row.number("value"),
                                "Global-Default", row -> Tree.flag(row.object(), "globalDefault"),
                                "PreemptionPolicy", row -> row.text("preemptionPolicy"))),
                entry("rbac.authorization.k8s.io/RoleBinding", binding()),
                entry("rbac.authorization.k8s.io/ClusterRoleBinding", binding()),
                entry(
                        "certificates.k8s.io/CertificateSigningRequest",
                        Map.of(
                                "SignerName", row -> row.textOr(Row.NONE, "spec", "signerName"),
                                "Requestor", row -> row.text("spec", "username"),
                                "RequestedDuration",
                                        row -> row.at("spec", "expirationSeconds")
                                                        .isNumber()
                                                ? Row.human(Duration.ofSeconds(row.number("spec", "expirationSeconds")))
                                                : Row.NONE,
                                "Condition", ClusterCells::signing)),
                entry("resource.k8s.io/ResourceClaim", Map.of("State", ClusterCells::claimState)),
                entry(
                        "resource.k8s.io/ResourceSlice",
                        Map.of(
                                "Node", row -> row.text("spec", "nodeName"),
                                "Driver", row -> row.text("spec", "driver"),
                                "Pool", row -> row.text("spec", "pool", "name"))),
                entry(
                        "flowcontrol.apiserver.k8s.io/FlowSchema",
                        Map.of(
                                "PriorityLevel", row -> row.text("spec", "priorityLevelConfiguration", "name"),
                                "MatchingPrecedence", row -> row.number("spec", "matchingPrecedence"),
                                "DistinguisherMethod",
                                        row -> row.textOr(Row.NONE, "spec", "distinguisherMethod", "type"),
                                "MissingPL", ClusterCells::dangling)),
                entry(
                        "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
                        Map.of(
                                "Type", row -> row.text("spec", "type"),
                                "NominalConcurrencyShares", row -> limited(row, "nominalConcurrencyShares"),
                                "Queues", row -> limited(row, "limitResponse", "queuing", "queues"),
                                "HandSize", row -> limited(row, "limitResponse", "queuing", "handSize"),
                                "QueueLengthLimit",
                                        row -> limited(row, "limitResponse", "queuing", "queueLengthLimit"))));
    }

    private static Map<String, Cell> node() {
        return Map.of(
                "Status", ClusterCells::nodeStatus,
                "Roles", ClusterCells::nodeRoles,
                "Version", row -> row.text("status", "nodeInfo", "kubeletVersion"),
                "Internal-IP", row -> nodeAddress(row, "InternalIP"),
                "External-IP", row -> nodeAddress(row, "ExternalIP"),
                "OS-Image", row -> row.textOr(UNKNOWN, "status", "nodeInfo", "osImage"),
                "Kernel-Version", ClusterCells::kernel,
                "Container-Runtime", row -> row.textOr(UNKNOWN, "status", "nodeInfo", "containerRuntimeVersion"));
    }

    private static String kernel(Row row) {
        String architecture = row.text("status", "nodeInfo", "architecture");
        return row.textOr(UNKNOWN, "status", "nodeInfo", "kernelVersion")
                + (architecture.isEmpty() ? "" : " (" + architecture + ")");
    }

    private static String nodeStatus(Row row) {
        boolean known = row.objects("status", "conditions").stream()
                .anyMatch(condition -> Tree.text(condition, "type").equals("Ready"));
        String status = known ? (row.hasCondition("Ready") ? "Ready" : "NotReady") : "Unknown";
        return Tree.flag(row.object(), "spec", "unschedulable") ? status + ",SchedulingDisabled" : status;
    }

    private static String nodeRoles(Row row) {
        TreeSet<String> roles = new TreeSet<>();
        Tree.map(row.at("metadata", "labels")).forEach((key, value) -> {
            if (key.startsWith(ROLE_PREFIX)) {
                roles.add(key.substring(ROLE_PREFIX.length()));
            } else if (key.equals("kubernetes.io/role")) {
                roles.add(value);
            }
        });
        roles.remove("");
        return roles.isEmpty() ? Row.NONE : String.join(",", roles);
    }

    private static String nodeAddress(Row row, String type) {
        return row.objects("status", "addresses").stream()
                .filter(address -> Tree.text(address, "type").equals(type))
                .findFirst()
                .map(address -> Tree.text(address, "address"))
                .orElse(Row.NONE);
    }

    private static Map<String, Cell> event(String subject) {
        boolean core = subject.equals("involvedObject");
        String message = core ? "message" : "note";
        String count = core ? "count" : "deprecatedCount";
        return Map.of(
                "Last Seen", row -> lastSeen(row, core),
                "Type", row -> row.text("type"),
                "Reason", row -> row.text("reason"),
                "Object",
                        row -> {
                            String name = row.text(subject, "name");
                            return row.text(subject, "kind").toLowerCase(Locale.ROOT)
                                    + (name.isEmpty() ? "" : "/" + name);
                        },
                "Subobject", row -> row.text(subject, "fieldPath"),
                "Source", row -> eventSource(row, core ? "source" : "deprecatedSource"),
                "Message", row -> row.text(message).strip(),
                "First Seen", row -> firstSeen(row, core),
                "Count",
                        row -> {
                            long times =
                                    row.at("series").isObject() ? row.number("series", "count") : row.number(count);
                            return times == 0 && !row.at("series").isObject() ? 1L : times;
                        });
    }

    private static String firstSeen(Row row, boolean core) {
        JsonNode first = row.at(core ? "firstTimestamp" : "deprecatedFirstTimestamp");
        return row.since(first.isTextual() ? first : row.at("eventTime"));
    }

    private static String lastSeen(Row row, boolean core) {
        if (row.at("series").isObject()) {
            return row.since("series", "lastObservedTime");
        }
        JsonNode last = row.at(core ? "lastTimestamp" : "deprecatedLastTimestamp");
        return last.isTextual() ? row.since(last) : firstSeen(row, core);
    }

    private static String eventSource(Row row, String source) {
        String reporter = row.text("reportingComponent");
        String component =
                row.textOr(reporter.isEmpty() ? row.text("reportingController") : reporter, source, "component");
        String host = row.textOr(row.text("reportingInstance"), source, "host");
        return host.isEmpty() ? component : component + ", " + host;
    }

    private static String quota(Row row, boolean limits) {
        List<String> parts = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(Tree.map(row.at("status", "hard")).keySet());
        for (String name : names) {
            if (name.startsWith("limits.") == limits) {
                String used = row.at("status", "used", name).asText("0");
                parts.add(name + ": " + used + "/"
                        + row.at("status", "hard", name).asText());
            }
        }
        return String.join(", ", parts);
    }

    private static String phase(Row row) {
        return row.ending() ? "Terminating" : row.text("status", "phase");
    }

    private static String modes(JsonNode modes) {
        List<String> given = Tree.texts(modes);
        return String.join(
                ",",
                MODE_ORDER.stream()
                        .filter(given::contains)
                        .map(ACCESS_MODES::get)
                        .toList());
    }

    private static String storageClass(Row row) {
        return row.textOr(row.text("spec", "storageClassName"), "metadata", "annotations", STORAGE_CLASS);
    }

    private static Map<String, Cell> volume() {
        return Map.of(
                "Capacity", row -> row.textOr("0", "spec", "capacity", "storage"),
                "Access Modes", row -> modes(row.at("spec", "accessModes")),
                "Reclaim Policy", row -> row.text("spec", "persistentVolumeReclaimPolicy"),
                "Status", ClusterCells::phase,
                "Claim",
                        row -> row.at("spec", "claimRef").isObject()
                                ? row.text("spec", "claimRef", "namespace") + "/" + row.text("spec", "claimRef", "name")
                                : "",
                "StorageClass", ClusterCells::storageClass,
                "VolumeAttributesClass", row -> row.textOr(Row.UNSET, "spec", "volumeAttributesClassName"),
                "Reason", row -> row.text("status", "reason"),
                "VolumeMode", row -> row.textOr(Row.UNSET, "spec", "volumeMode"));
    }

    private static Map<String, Cell> claim() {
        return Map.of(
                "Status", ClusterCells::phase,
                "Volume", row -> row.text("spec", "volumeName"),
                "Capacity",
                        row -> row.text("spec", "volumeName").isEmpty()
                                ? ""
                                : row.textOr("0", "status", "capacity", "storage"),
                "Access Modes",
                        row -> row.text("spec", "volumeName").isEmpty() ? "" : modes(row.at("status", "accessModes")),
                "StorageClass", ClusterCells::storageClass,
                "VolumeAttributesClass", row -> row.textOr(Row.UNSET, "spec", "volumeAttributesClassName"),
                "VolumeMode", row -> row.textOr(Row.UNSET, "spec", "volumeMode"));
    }

    private static Map<String, Cell> csiDriver() {
        return Map.of(
                "AttachRequired", row -> row.at("spec", "attachRequired").asBoolean(true),
                "PodInfoOnMount", row -> Tree.flag(row.object(), "spec", "podInfoOnMount"),
                "StorageCapacity", row -> Tree.flag(row.object(), "spec", "storageCapacity"),
                "TokenRequests",
                        row -> row.at("spec", "tokenRequests").isMissingNode()
                                ? Row.UNSET
                                : String.join(
                                        ",",
                                        row.objects("spec", "tokenRequests").stream()
                                                .map(request -> Tree.text(request, "audience"))
                                                .toList()),
                "RequiresRepublish", row -> Tree.flag(row.object(), "spec", "requiresRepublish"),
                "Modes",
                        row -> row.at("spec", "volumeLifecycleModes").isEmpty()
                                ? Row.NONE
                                : String.join(",", Tree.texts(row.at("spec", "volumeLifecycleModes"))));
    }

    private static Map<String, Cell> binding() {
        return Map.of(
                "Role", row -> row.text("roleRef", "kind") + "/" + row.text("roleRef", "name"),
                "Users", row -> subjects(row, "User"),
                "Groups", row -> subjects(row, "Group"),
                "ServiceAccounts", row -> subjects(row, "ServiceAccount"));
    }

    private static String subjects(Row row, String kind) {
        List<String> names = new ArrayList<>();
        for (ObjectNode subject : row.objects("subjects")) {
            if (Tree.text(subject, "kind").equals(kind)) {
                String prefix = kind.equals("ServiceAccount") ? Tree.text(subject, "namespace") + "/" : "";
                names.add(prefix + Tree.text(subject, "name"));
            }
        }
        return String.join(", ", names);
    }

    private static String signing(Row row) {
        List<String> types = new ArrayList<>();
        row.objects("status", "conditions").forEach(condition -> types.add(Tree.text(condition, "type")));
        String status = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending";
        return status
                + (types.contains("Failed") ? ",Failed" : "")
                + (row.text("status", "certificate").isEmpty() ? "" : ",Issued");
    }

    private static String claimState(Row row) {
        List<String> states = new ArrayList<>();
        if (row.ending()) {
            states.add("deleted");
        }
        if (row.at("status", "allocation").isObject()) {
            states.add("allocated");
            if (!row.at("status", "reservedFor").isEmpty()) {
                states.add("reserved");
            }
        } else if (!row.ending()) {
            states.add("pending");
        }
        return String.join(",", states);
    }

    private static String dangling(Row row) {
        return row.objects("status", "conditions").stream()
                .filter(condition -> Tree.text(condition, "type").equals("Dangling"))
                .findFirst()
                .map(condition -> Tree.text(condition, "status"))
                .orElse("?");
    }

    private static Object limited(Row row, String... path) {
        JsonNode value = Tree.at(row.at("spec", "limited"), path);
        return value.isNumber() ? (Object) value.longValue() : Row.NONE;
    }
}
