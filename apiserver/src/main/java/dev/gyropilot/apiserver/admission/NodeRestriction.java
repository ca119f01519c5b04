package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.NodeAuthorizer;
import dev.gyropilot.apiserver.auth.PodReferences;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A node writes about itself and its own pods only, and grants itself nothing by it. */
final class NodeRestriction implements Admission {
    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final String RESTRICTED = "node-restriction.kubernetes.io/";
    private static final Set<String> NODE_LABELS = Set.of(
            "kubernetes.io/hostname",
            "kubernetes.io/arch",
            "kubernetes.io/os",
            "beta.kubernetes.io/arch",
            "beta.kubernetes.io/os",
            "beta.kubernetes.io/instance-type",
            "node.kubernetes.io/instance-type",
            "topology.kubernetes.io/region",
            "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone");

    private final ObjectReader objects;

    NodeRestriction(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        Optional<String> node = NodeAuthorizer.nodeOf(request.attributes().user());
        if (node.isEmpty()) {
            return;
        }
        String name = node.get();
        switch (request.type().group() + "/" + request.type().plural()) {
            case "/nodes" -> node(request, name);
            case "/pods" -> pod(request, name);
            case "/serviceaccounts" -> token(request, name);
            case "coordination.k8s.io/leases", "storage.k8s.io/csinodes" -> {
                if (!Refusals.nameOf(request).equals(name)) {
                    throw refuse(request, name, "can only access the object with the same name as the requesting node");
                }
            }
            case "resource.k8s.io/resourceslices" -> slice(request, name);
            default -> {}
        }
    }

    private static ApiError refuse(Request request, String node, String why) {
        return Refusals.forbidden(request, "node \"" + node + "\" " + why);
    }

    private void node(Request request, String node) {
        if (!Refusals.nameOf(request).equals(node)) {
            throw refuse(request, node, "is not allowed to modify node \"" + Refusals.nameOf(request) + "\"");
        }
        ObjectNode object = request.object();
        if (object == null) {
            return;
        }
        ObjectNode before = request.before();
        JsonNode was = before == null ? Tree.object() : before;
        if (before != null
                && !was.path("spec").path("taints").equals(object.path("spec").path("taints"))) {
            throw refuse(request, node, "is not allowed to modify taints");
        }
        if (before == null && !Tree.at(object, "spec", "configSource").isMissingNode()) {
            throw refuse(request, node, "is not allowed to set spec.configSource");
        }
        // An owner of its own choice would let a node have itself deleted and come back with other labels.
        if (!Tree.at(was, "metadata", "ownerReferences").equals(Tree.at(object, "metadata", "ownerReferences"))) {
            throw refuse(request, node, "is not allowed to modify ownerReferences");
        }
        Set<String> forbidden =
                forbiddenLabels(Tree.map(was, "metadata", "labels"), Tree.map(object, "metadata", "labels"));
        if (!forbidden.isEmpty()) {
            throw refuse(request, node, "is not allowed to modify labels: " + String.join(", ", forbidden));
        }
    }

    private static Set<String> forbiddenLabels(Map<String, String> was, Map<String, String> is) {
        Set<String> changed = new TreeSet<>(was.keySet());
        changed.addAll(is.keySet());
        changed.removeIf(key -> Objects.equals(was.get(key), is.get(key)));
        changed.removeIf(key -> {
            String domain = key.contains("/") ? key.substring(0, key.indexOf('/')) : "";
            boolean system = domain.equals("kubernetes.io")
                    || domain.endsWith(".kubernetes.io")
                    || domain.equals("k8s.io")
                    || domain.endsWith(".k8s.io");
            boolean kubelet = domain.equals("kubelet.kubernetes.io")
                    || domain.equals("node.kubernetes.io")
                    || domain.endsWith(".kubelet.kubernetes.io")
                    || domain.endsWith(".node.kubernetes.io");
            return !key.startsWith(RESTRICTED) && (!system || kubelet || NODE_LABELS.contains(key));
        });
        return changed;
    }

    private void pod(Request request, String node) {
        ObjectNode object = request.object();
        switch (request.attributes().subresource()) {
            case "" -> {
                if (request.operation().equals("CREATE") && object != null) {
                    mirrorPod(request, node, object);
                } else {
                    ownPod(request, node);
                }
            }
            case "status" -> {
                ownPod(request, node);
                ObjectNode before = request.before();
                if (object != null && before != null) {
                    keepsIdentity(request, node, before, object);
                }
            }
            case "eviction" -> ownPod(request, node);
            default ->
                throw refuse(
                        request,
                        node,
                        "may not use pods/" + request.attributes().subresource());
        }
    }

    private static void mirrorPod(Request request, String node, ObjectNode pod) {
        if (!Tree.at(pod, "metadata", "annotations").has(MIRROR)) {
            throw refuse(request, node, "can only create mirror pods, with the annotation " + MIRROR);
        }
        JsonNode spec = pod.path("spec");
        if (!Tree.text(spec, "nodeName").equals(node)) {
            throw refuse(request, node, "can only create pods with spec.nodeName set to itself");
        }
        PodReferences references = PodReferences.of(spec);
        boolean names = !Tree.empty(spec, "serviceAccountName")
                || !references.secrets().isEmpty()
                || !references.configMaps().isEmpty()
                || !references.claims().isEmpty();
        if (names) {
            throw refuse(
                    request,
                    node,
                    "can not create pods that reference a service account, secrets, config maps or volume claims");
        }
        if (!Tree.empty(spec, "resourceClaims")
                || !Tree.at(pod, "status", "resourceClaimStatuses").isMissingNode()) {
            throw refuse(request, node, "can not create pods that reference resourceclaims");
        }
    }

    private static void keepsIdentity(Request request, String node, ObjectNode before, ObjectNode pod) {
        if (!Tree.at(before, "metadata", "labels").equals(Tree.at(pod, "metadata", "labels"))) {
            throw refuse(request, node, "cannot update labels through pod status");
        }
        if (!Tree.at(before, "status", "resourceClaimStatuses")
                .equals(Tree.at(pod, "status", "resourceClaimStatuses"))) {
            throw refuse(request, node, "cannot update resource claim statuses");
        }
    }

    private void ownPod(Request request, String node) {
        String namespace = request.attributes().namespace();
        ObjectNode before = request.before();
        ObjectNode pod = before == null ? objects.get("", "pods", namespace, Refusals.nameOf(request)) : before;
        if (pod == null || !Tree.text(pod, "spec", "nodeName").equals(node)) {
            throw refuse(request, node, "can only write pods with spec.nodeName set to itself");
        }
    }

    private void token(Request request, String node) {
        ObjectNode review = request.object();
        if (!request.attributes().subresource().equals("token") || review == null) {
            return;
        }
        JsonNode bound = Tree.at(review, "spec", "boundObjectRef");
        if (!Tree.text(bound, "kind").equals("Pod") || Tree.text(bound, "name").isEmpty()) {
            throw refuse(request, node, "must bind service account tokens to a pod");
        }
        ObjectNode pod = objects.get("", "pods", request.attributes().namespace(), Tree.text(bound, "name"));
        boolean own = pod != null
                && Tree.text(pod, "metadata", "uid").equals(Tree.text(bound, "uid"))
                && Tree.text(pod, "spec", "nodeName").equals(node)
                && Tree.text(pod, "spec", "serviceAccountName")
                        .equals(request.attributes().name());
        if (!own) {
            throw refuse(request, node, "requested a token bound to a pod that is not its own");
        }
    }

    private static void slice(Request request, String node) {
        ObjectNode object = request.object() == null ? request.before() : request.object();
        if (object != null && !Tree.text(object, "spec", "nodeName").equals(node)) {
            throw refuse(request, node, "can only create, change or delete resource slices of its own");
        }
    }
}
