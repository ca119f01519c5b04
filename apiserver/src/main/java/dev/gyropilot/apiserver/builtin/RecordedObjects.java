package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The objects of a freshly started API server, as recorded. */
public final class RecordedObjects {
    private static final List<String> ORDER = List.of(
            "namespaces",
            "clusterroles",
            "clusterrolebindings",
            "roles",
            "rolebindings",
            "priorityclasses",
            "flowschemas",
            "prioritylevelconfigurations",
            "servicecidrs");

    private RecordedObjects() {}

    public static List<ObjectNode> all() {
        ObjectNode recorded = KubernetesDocuments.bootstrapObjects();
        List<ObjectNode> objects = new ArrayList<>();
        for (String plural : ORDER) {
            objects.addAll(Tree.objects(recorded, plural));
        }
        List<ObjectNode> roles = Tree.objects(recorded, "clusterroles");
        roles.forEach(role -> aggregate(role, roles));
        return objects;
    }

    /** Fills in the rules that a controller of a real cluster collects. */
    private static void aggregate(ObjectNode role, List<ObjectNode> roles) {
        JsonNode selectors = Tree.at(role, "aggregationRule", "clusterRoleSelectors");
        if (selectors.isEmpty()) {
            return;
        }
        ArrayNode rules = role.putArray("rules");
        for (JsonNode selector : selectors) {
            for (ObjectNode other : roles) {
                Map<String, String> labels = Tree.map(other, "metadata", "labels");
                if (!other.path("metadata").equals(role.path("metadata")) && Selectors.matches(selector, labels)) {
                    // edit aggregates into admin and is itself an aggregate: what it collects is collected there too.
                    aggregate(other, roles);
                    rules.addAll((ArrayNode) other.path("rules").deepCopy());
                }
            }
        }
    }
}
