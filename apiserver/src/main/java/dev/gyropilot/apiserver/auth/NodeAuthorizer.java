package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a node may do: watch what all nodes need, report about itself and its pods, and read exactly those secrets, config
 * maps, claims and accounts that its pods name. What it may write into objects is checked at admission.
 */
public final class NodeAuthorizer {
    private static final String USER = "system:node:";
    private static final String GROUP = "system:nodes";
    private static final Set<String> READ = Set.of("get", "list", "watch");
    private static final Set<String> OWN = Set.of("get", "create", "update", "patch", "delete");

    /** Verbs by {@code group/resource[/subresource]}, for objects of any name; admission narrows them. */
    private static final Map<String, Set<String>> GENERAL = Map.ofEntries(
            Map.entry("/services", READ),
            Map.entry("/nodes", Set.of("get", "list", "watch", "create", "update", "patch")),
            Map.entry("/nodes/status", Set.of("update", "patch")),
            Map.entry("/pods", Set.of("get", "list", "watch", "create", "delete")),
            Map.entry("/pods/status", Set.of("update", "patch")),
            Map.entry("/pods/eviction", Set.of("create")),
            Map.entry("/events", Set.of("create", "update", "patch")),
            Map.entry("events.k8s.io/events", Set.of("create", "update", "patch")),
            Map.entry("authentication.k8s.io/tokenreviews", Set.of("create")),
            Map.entry("authorization.k8s.io/subjectaccessreviews", Set.of("create")),
            Map.entry("authorization.k8s.io/localsubjectaccessreviews", Set.of("create")),
            Map.entry("certificates.k8s.io/certificatesigningrequests", Set.of("get", "list", "watch", "create")),
            Map.entry("node.k8s.io/runtimeclasses", READ),
            Map.entry("storage.k8s.io/csidrivers", READ),
            Map.entry(
                    "resource.k8s.io/resourceslices",
                    Set.of("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")));

    private final ObjectReader objects;

    NodeAuthorizer(ObjectReader objects) {
        this.objects = objects;
    }

    /** The node that the user is, if any. */
    public static Optional<String> nodeOf(User user) {
        boolean node = user.name().startsWith(USER) && user.groups().contains(GROUP);
        return node ? Optional.of(user.name().substring(USER.length())) : Optional.empty();
    }

    boolean allows(Attributes asked) {
        Optional<String> node = nodeOf(asked.user());
        if (node.isEmpty() || !asked.isResource()) {
            return false;
        }
        String resource = asked.group() + "/" + asked.resource()
                + (asked.subresource().isEmpty() ? "" : "/" + asked.subresource());
        return switch (resource) {
            case "/secrets", "/configmaps", "/persistentvolumeclaims" ->
                READ.contains(asked.verb()) && !asked.name().isEmpty() && named(node.get(), asked);
            case "/persistentvolumes" -> asked.verb().equals("get") && boundVolume(node.get(), asked.name());
            case "resource.k8s.io/resourceclaims" -> asked.verb().equals("get") && claimed(node.get(), asked);
            case "/serviceaccounts" -> asked.verb().equals("get") && runsAs(node.get(), asked);
            case "/serviceaccounts/token" -> asked.verb().equals("create") && runsAs(node.get(), asked);
            case "coordination.k8s.io/leases" ->
                asked.namespace().equals("kube-node-lease") && ownName(node.get(), asked);
            case "storage.k8s.io/csinodes" -> ownName(node.get(), asked);
            default -> GENERAL.getOrDefault(resource, Set.of()).contains(asked.verb());
        };
    }

    /** The name of a new object is not in the URL; admission compares it. */
    private static boolean ownName(String node, Attributes asked) {
        return OWN.contains(asked.verb())
                && (asked.verb().equals("create") || asked.name().equals(node));
    }

    private boolean named(String node, Attributes asked) {
        for (ObjectNode pod : podsOf(node, asked.namespace())) {
            PodReferences references = PodReferences.of(pod.path("spec"));
            Set<String> names = switch (asked.resource()) {
                case "secrets" -> references.secrets();
                case "configmaps" -> references.configMaps();
                default -> references.claims();
            };
            if (names.contains(asked.name())) {
                return true;
            }
        }
        return false;
    }

    private boolean boundVolume(String node, String volume) {
        for (ObjectNode pod : podsOf(node, "")) {
            String namespace = Tree.text(pod, "metadata", "namespace");
            for (String name : PodReferences.of(pod.path("spec")).claims()) {
                ObjectNode claim = objects.get("", "persistentvolumeclaims", namespace, name);
                if (claim != null && Tree.text(claim, "spec", "volumeName").equals(volume)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean claimed(String node, Attributes asked) {
        for (ObjectNode pod : podsOf(node, asked.namespace())) {
            for (ObjectNode claim : Tree.objects(pod, "spec", "resourceClaims")) {
                if (Tree.text(claim, "resourceClaimName").equals(asked.name())) {
                    return true;
                }
            }
            for (ObjectNode status : Tree.objects(pod, "status", "resourceClaimStatuses")) {
                if (Tree.text(status, "resourceClaimName").equals(asked.name())) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean runsAs(String node, Attributes asked) {
        return podsOf(node, asked.namespace()).stream()
                .anyMatch(pod -> Tree.text(pod, "spec", "serviceAccountName").equals(asked.name()));
    }

    private List<ObjectNode> podsOf(String node, String namespace) {
        return objects.list("", "pods", namespace).stream()
                .filter(pod -> Tree.text(pod, "spec", "nodeName").equals(node))
                .toList();
    }
}
