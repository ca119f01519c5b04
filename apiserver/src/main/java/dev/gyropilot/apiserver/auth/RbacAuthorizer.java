package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Selectors;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Decides by the roles and bindings that are stored. Members of {@code system:masters} may do everything; nodes may, besides
 * what roles give them, do what {@link NodeAuthorizer} allows.
 */
public final class RbacAuthorizer implements Authorizer {
    private static final String RBAC = "rbac.authorization.k8s.io";
    private static final String ACCOUNT = "system:serviceaccount:";

    private final ObjectReader objects;
    private final NodeAuthorizer nodes;

    public RbacAuthorizer(ObjectReader objects) {
        this.objects = objects;
        this.nodes = new NodeAuthorizer(objects);
    }

    @Override
    public Verdict authorize(Attributes asked) {
        if (asked.user().groups().contains(User.GROUP_MASTERS) || nodes.allows(asked)) {
            return new Verdict(true, "");
        }
        boolean allowed = visit(asked.user(), asked.namespace(), rule -> PolicyRules.allows(rule, asked));
        return new Verdict(allowed, allowed ? "" : refusal(asked));
    }

    /** The words of a refusal: {@code User "ann" cannot list resource "pods" in API group "" in the namespace "default"}. */
    public static String refusal(Attributes asked) {
        String who = "User \"" + asked.user().name() + "\" cannot " + asked.verb();
        if (!asked.isResource()) {
            return who + " path \"" + asked.path() + "\"";
        }
        String resource =
                asked.subresource().isEmpty() ? asked.resource() : asked.resource() + "/" + asked.subresource();
        String where = asked.namespace().isEmpty()
                ? " at the cluster scope"
                : " in the namespace \"" + asked.namespace() + "\"";
        return who + " resource \"" + resource + "\" in API group \"" + asked.group() + "\"" + where;
    }

    /** The rules that hold for the user in the namespace, cluster-wide ones included. */
    public List<JsonNode> rulesFor(User user, String namespace) {
        List<JsonNode> rules = new ArrayList<>();
        visit(user, namespace, rule -> {
            rules.add(rule);
            return false;
        });
        return rules;
    }

    /** The {@code status} of a SelfSubjectRulesReview. */
    public ObjectNode rulesReview(User user, String namespace) {
        ObjectNode status = Tree.object();
        ArrayNode resources = status.putArray("resourceRules");
        ArrayNode paths = status.putArray("nonResourceRules");
        if (user.groups().contains(User.GROUP_MASTERS)) {
            ObjectNode all = resources.addObject();
            List.of("verbs", "apiGroups", "resources")
                    .forEach(field -> all.putArray(field).add("*"));
            ObjectNode urls = paths.addObject();
            List.of("verbs", "nonResourceURLs")
                    .forEach(field -> urls.putArray(field).add("*"));
        }
        for (JsonNode rule : rulesFor(user, namespace)) {
            (rule.path("nonResourceURLs").isEmpty() ? resources : paths).add(rule.deepCopy());
        }
        return status.put("incomplete", false);
    }

    /** Rules that would be granted although the user does not hold them himself, in the form of refusals. */
    public List<String> escalations(User user, String namespace, List<? extends JsonNode> granted) {
        if (user.groups().contains(User.GROUP_MASTERS)) {
            return List.of();
        }
        return PolicyRules.notCovered(rulesFor(user, namespace), granted).stream()
                .map(PolicyRules::print)
                .toList();
    }

    /** The rules of the role that a binding of the namespace refers to; none when the role does not exist. */
    public List<JsonNode> rulesOf(JsonNode roleRef, String namespace) {
        boolean cluster = Tree.text(roleRef, "kind").equals("ClusterRole");
        ObjectNode role = objects.get(
                RBAC, cluster ? "clusterroles" : "roles", cluster ? "" : namespace, Tree.text(roleRef, "name"));
        return role == null ? List.of() : rulesOf(role);
    }

    private List<JsonNode> rulesOf(ObjectNode role) {
        List<JsonNode> rules = new ArrayList<>();
        role.path("rules").forEach(rules::add);
        for (JsonNode selector : Tree.at(role, "aggregationRule", "clusterRoleSelectors")) {
            for (ObjectNode other : objects.list(RBAC, "clusterroles", "")) {
                boolean itself = Tree.text(other, "metadata", "name").equals(Tree.text(role, "metadata", "name"));
                if (!itself && Selectors.matches(selector, Tree.map(other, "metadata", "labels"))) {
                    other.path("rules").forEach(rules::add);
                }
            }
        }
        return rules;
    }

    /** Shows each rule of the user until one satisfies. */
    private boolean visit(User user, String namespace, Predicate<JsonNode> satisfies) {
        for (ObjectNode binding : objects.list(RBAC, "clusterrolebindings", "")) {
            if (names(binding, user, "")
                    && rulesOf(binding.path("roleRef"), "").stream().anyMatch(satisfies)) {
                return true;
            }
        }
        if (!namespace.isEmpty()) {
            for (ObjectNode binding : objects.list(RBAC, "rolebindings", namespace)) {
                if (names(binding, user, namespace)
                        && rulesOf(binding.path("roleRef"), namespace).stream().anyMatch(satisfies)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean names(JsonNode binding, User user, String namespace) {
        for (JsonNode subject : binding.path("subjects")) {
            String name = subject.path("name").asText();
            String accounts = subject.path("namespace").asText(namespace);
            boolean meant = switch (subject.path("kind").asText()) {
                case "User" -> name.equals(user.name());
                case "Group" -> user.groups().contains(name);
                case "ServiceAccount" -> user.name().equals(ACCOUNT + accounts + ":" + name);
                default -> false;
            };
            if (meant) {
                return true;
            }
        }
        return false;
    }
}
