package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Quantities;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Refuses what would exceed a resource quota of the namespace: counts of objects, and the sums of what pods request. The use
 * is counted from what is stored, so two creations at the same moment may together exceed a quota by one.
 */
final class QuotaLimits implements Admission {
    private static final Map<String, String> OLD_COUNTS = Map.of(
            "pods", "/pods",
            "services", "/services",
            "secrets", "/secrets",
            "configmaps", "/configmaps",
            "persistentvolumeclaims", "/persistentvolumeclaims",
            "replicationcontrollers", "/replicationcontrollers",
            "resourcequotas", "/resourcequotas");

    private final ObjectReader objects;

    QuotaLimits(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        ObjectNode object = request.object();
        boolean create = request.operation().equals("CREATE")
                && request.attributes().subresource().isEmpty();
        if (!create || object == null || !request.type().namespaced()) {
            return;
        }
        for (ObjectNode quota :
                objects.list("", "resourcequotas", request.attributes().namespace())) {
            if (Tree.empty(quota.path("spec"), "scopes") && !quota.path("spec").has("scopeSelector")) {
                check(request, object, quota);
            }
        }
    }

    private void check(Request request, ObjectNode object, ObjectNode quota) {
        List<String> requested = new ArrayList<>();
        List<String> used = new ArrayList<>();
        List<String> limited = new ArrayList<>();
        for (Map.Entry<String, JsonNode> hard : Tree.at(quota, "spec", "hard").properties()) {
            String name = hard.getKey();
            BigDecimal delta =
                    amount(name, request.type().group(), request.type().plural(), object);
            if (delta.signum() == 0) {
                continue;
            }
            BigDecimal sum = BigDecimal.ZERO;
            for (ObjectNode other : objects.list(
                    request.type().group(),
                    request.type().plural(),
                    request.attributes().namespace())) {
                if (counts(other)) {
                    sum = sum.add(
                            amount(name, request.type().group(), request.type().plural(), other));
                }
            }
            if (sum.add(delta).compareTo(Quantities.valueOrZero(hard.getValue())) > 0) {
                String like = hard.getValue().asText();
                requested.add(name + "=" + Quantities.print(delta, like));
                used.add(name + "=" + Quantities.print(sum, like));
                limited.add(name + "=" + like);
            }
        }
        if (!requested.isEmpty()) {
            throw Refusals.forbidden(
                    request,
                    "exceeded quota: " + Tree.text(quota, "metadata", "name") + ", requested: "
                            + String.join(",", requested) + ", used: " + String.join(",", used) + ", limited: "
                            + String.join(",", limited));
        }
    }

    private static boolean counts(ObjectNode object) {
        String phase = Tree.text(object, "status", "phase");
        return !phase.equals("Succeeded") && !phase.equals("Failed");
    }

    private static BigDecimal amount(String quota, String group, String plural, ObjectNode object) {
        String kind = group + "/" + plural;
        String counted = group.isEmpty() ? "count/" + plural : "count/" + plural + "." + group;
        if (quota.equals(counted) || kind.equals(OLD_COUNTS.get(quota))) {
            return BigDecimal.ONE;
        }
        if (!kind.equals("/pods")) {
            return BigDecimal.ZERO;
        }
        boolean limits = quota.startsWith("limits.");
        String resource = limits ? quota.substring(7) : quota.startsWith("requests.") ? quota.substring(9) : quota;
        BigDecimal sum = BigDecimal.ZERO;
        for (ObjectNode container : Tree.objects(object, "spec", "containers")) {
            sum = sum.add(
                    Quantities.valueOrZero(Tree.at(container, "resources", limits ? "limits" : "requests", resource)));
        }
        return sum;
    }
}
