package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.ArrayList;
import java.util.List;

/** Nobody gives away rights that he does not hold, unless he may {@code escalate} roles or {@code bind} that role. */
final class RoleEscalation implements Admission {
    private static final String RBAC = "rbac.authorization.k8s.io";

    private final RbacAuthorizer access;

    RoleEscalation(RbacAuthorizer access) {
        this.access = access;
    }

    @Override
    public void admit(Request request) {
        ObjectNode object = request.object();
        if (!request.type().group().equals(RBAC)
                || object == null
                || request.operation().equals("DELETE")) {
            return;
        }
        ObjectNode before = request.before();
        switch (request.type().plural()) {
            case "roles", "clusterroles" -> {
                boolean same = before != null
                        && before.path("rules").equals(object.path("rules"))
                        && before.path("aggregationRule").equals(object.path("aggregationRule"));
                if (!same && !may(request, "escalate", request.type().plural(), Refusals.nameOf(request))) {
                    check(request, granted(object));
                }
            }
            case "rolebindings", "clusterrolebindings" -> {
                boolean same = before != null
                        && before.path("subjects").equals(object.path("subjects"))
                        && before.path("roleRef").equals(object.path("roleRef"));
                JsonNode role = object.path("roleRef");
                String plural = Tree.text(role, "kind").equals("ClusterRole") ? "clusterroles" : "roles";
                if (!same && !may(request, "bind", plural, Tree.text(role, "name"))) {
                    check(request, access.rulesOf(role, request.attributes().namespace()));
                }
            }
            default -> {}
        }
    }

    /** Whoever chooses what is collected into a role could collect everything. */
    private static List<JsonNode> granted(ObjectNode role) {
        List<JsonNode> rules = new ArrayList<>();
        role.path("rules").forEach(rules::add);
        if (!Tree.at(role, "aggregationRule", "clusterRoleSelectors").isEmpty()) {
            ObjectNode all = Tree.object();
            List.of("verbs", "apiGroups", "resources")
                    .forEach(field -> all.putArray(field).add("*"));
            rules.add(all);
        }
        return rules;
    }

    private boolean may(Request request, String verb, String plural, String name) {
        Attributes asked = request.attributes();
        return access.authorize(new Attributes(asked.user(), verb, RBAC, "v1", plural, "", asked.namespace(), name, ""))
                .allowed();
    }

    private void check(Request request, List<JsonNode> granted) {
        User user = request.attributes().user();
        List<String> missing = access.escalations(user, request.attributes().namespace(), granted);
        if (!missing.isEmpty()) {
            throw Refusals.forbidden(
                    request,
                    "user \"" + user.name() + "\" (groups=" + user.groups()
                            + ") is attempting to grant RBAC permissions not currently held:\n"
                            + String.join("\n", missing.subList(0, Math.min(missing.size(), 50))));
        }
    }
}
