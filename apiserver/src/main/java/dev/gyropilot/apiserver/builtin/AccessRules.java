package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Roles and their bindings. */
final class AccessRules {
    private static final String RBAC = "rbac.authorization.k8s.io";

    private AccessRules() {}

    static Map<String, KindRule> rules() {
        Map<String, KindRule> rules = new LinkedHashMap<>();
        rules.put(RBAC + "/Role", access().check((role, findings) -> checkRules(role, true, findings)));
        rules.put(RBAC + "/ClusterRole", access().check((role, findings) -> checkRules(role, false, findings)));
        rules.put(RBAC + "/RoleBinding", binding(List.of("Role", "ClusterRole")));
        rules.put(RBAC + "/ClusterRoleBinding", binding(List.of("ClusterRole")));
        return rules;
    }

    private static KindRule access() {
        return KindRule.plain().createsOnUpdate().named(NameRules::pathSegment);
    }

    private static KindRule binding(List<String> roles) {
        return access().check((binding, findings) -> checkBinding(binding, roles, findings))
                .checkUpdate((before, binding, subresource, findings) -> {
                    if (!before.path("roleRef").equals(binding.path("roleRef"))) {
                        findings.invalid("roleRef", binding.path("roleRef"), "cannot change roleRef");
                    }
                });
    }

    private static void checkRules(ObjectNode role, boolean namespaced, Findings findings) {
        List<ObjectNode> rules = Tree.objects(role, "rules");
        for (int i = 0; i < rules.size(); i++) {
            ObjectNode rule = rules.get(i);
            String path = "rules[" + i + "]";
            if (Tree.empty(rule, "verbs")) {
                findings.required(path + ".verbs", "verbs must contain at least one value");
            }
            if (!Tree.empty(rule, "nonResourceURLs")) {
                if (namespaced) {
                    findings.invalid(
                            path + ".nonResourceURLs",
                            rule.path("nonResourceURLs"),
                            "namespaced rules cannot apply to non-resource URLs");
                }
                if (!Tree.empty(rule, "apiGroups")
                        || !Tree.empty(rule, "resources")
                        || !Tree.empty(rule, "resourceNames")) {
                    findings.invalid(
                            path + ".nonResourceURLs",
                            rule.path("nonResourceURLs"),
                            "rules cannot apply to both regular resources and non-resource URLs");
                }
                continue;
            }
            if (Tree.empty(rule, "apiGroups")) {
                findings.required(path + ".apiGroups", "resource rules must supply at least one api group");
            }
            if (Tree.empty(rule, "resources")) {
                findings.required(path + ".resources", "resource rules must supply at least one resource");
            }
        }
    }

    private static void checkBinding(ObjectNode binding, List<String> roles, Findings findings) {
        JsonNode role = binding.path("roleRef");
        if (!Tree.text(role, "apiGroup").equals(RBAC)) {
            findings.notSupported("roleRef.apiGroup", Tree.text(role, "apiGroup"), List.of(RBAC));
        }
        if (!roles.contains(Tree.text(role, "kind"))) {
            findings.notSupported("roleRef.kind", Tree.text(role, "kind"), roles);
        }
        String name = Tree.text(role, "name");
        if (name.isEmpty()) {
            findings.required("roleRef.name", "");
        } else {
            findings.invalidEach("roleRef.name", name, NameRules.pathSegment(name));
        }
        List<ObjectNode> subjects = Tree.objects(binding, "subjects");
        for (int i = 0; i < subjects.size(); i++) {
            checkSubject("subjects[" + i + "]", subjects.get(i), roles.size() > 1, findings);
        }
    }

    private static void checkSubject(String path, ObjectNode subject, boolean namespaced, Findings findings) {
        if (Tree.empty(subject, "name")) {
            findings.required(path + ".name", "");
        }
        String kind = Tree.text(subject, "kind");
        switch (kind) {
            case "ServiceAccount" -> {
                if (!Tree.empty(subject, "apiGroup")) {
                    findings.notSupported(path + ".apiGroup", Tree.text(subject, "apiGroup"), List.of(""));
                }
                if (Tree.empty(subject, "namespace") && !namespaced) {
                    findings.required(path + ".namespace", "");
                }
            }
            case "User", "Group" -> {
                if (!Tree.text(subject, "apiGroup").equals(RBAC)) {
                    findings.notSupported(path + ".apiGroup", Tree.text(subject, "apiGroup"), List.of(RBAC));
                }
            }
            case "" -> {}
            default -> findings.notSupported(path + ".kind", kind, List.of("ServiceAccount", "User", "Group"));
        }
    }
}
