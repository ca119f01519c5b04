package dev.gyropilot.apiserver.builtin;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Rules of single types, wherever they occur. */
final class TypeRules {
    /** Finds what is wrong with a value of a type. */
    interface Rule {
        void check(String path, ObjectNode value, Findings findings);
    }

    private static final String CORE = "io.k8s.api.core.v1.";
    private static final Map<String, Rule> BY_TYPE = Map.ofEntries(
            entry(CORE + "PodSpec", PodChecks::spec),
            entry(CORE + "Container", PodChecks::container),
            entry(CORE + "EphemeralContainer", PodChecks::container),
            entry(CORE + "ContainerPort", PodChecks::port),
            entry(CORE + "EnvVar", PodChecks::environment),
            entry(CORE + "ResourceRequirements", PodChecks::resources),
            entry(CORE + "HTTPGetAction", PodChecks::portOf),
            entry(CORE + "TCPSocketAction", PodChecks::portOf),
            entry(CORE + "KeyToPath", TypeRules::relativePath),
            entry(CORE + "ServicePort", TypeRules::servicePort),
            entry(CORE + "Toleration", TypeRules::toleration),
            entry("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", TypeRules::labelSelector),
            entry("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", TypeRules::metadata));
    /** Required fields whose rule has a text of its own. */
    private static final Set<String> OWN_TEXT = Set.of("io.k8s.api.resource.v1.DeviceRequest.exactly");

    private TypeRules() {}

    static void check(String type, String path, ObjectNode value, Findings findings) {
        Rule rule = BY_TYPE.get(type);
        if (rule != null) {
            rule.check(path, value, findings);
        }
    }

    static boolean saysItself(String type, String field) {
        return OWN_TEXT.contains(type + "." + field);
    }

    private static void relativePath(String path, ObjectNode item, Findings findings) {
        String value = Tree.text(item, "path");
        if (value.startsWith("/")) {
            findings.invalid(path + ".path", value, "must be a relative path");
        }
        if (List.of(value.split("/")).contains("..")) {
            findings.invalid(path + ".path", value, "must not contain '..'");
        }
    }

    private static void servicePort(String path, ObjectNode port, Findings findings) {
        PodChecks.portNumber(path + ".port", port.path("port"), findings);
        PodChecks.portNumber(path + ".targetPort", port.path("targetPort"), findings);
    }

    private static void toleration(String path, ObjectNode toleration, Findings findings) {
        String key = Tree.text(toleration, "key");
        String operator = Tree.text(toleration, "operator");
        if (!key.isEmpty()) {
            findings.invalidEach(path + ".key", key, NameRules.qualified(key));
        } else if (!operator.equals("Exists")) {
            findings.invalid(
                    path + ".operator",
                    operator,
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }
        if (operator.equals("Exists") && !Tree.empty(toleration, "value")) {
            findings.invalid(path + ".operator", toleration, "value must be empty when `operator` is 'Exists'");
        }
        if (toleration.has("tolerationSeconds")
                && !Tree.text(toleration, "effect").equals("NoExecute")) {
            findings.invalid(
                    path + ".effect",
                    Tree.text(toleration, "effect"),
                    "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
    }

    private static void labelSelector(String path, ObjectNode selector, Findings findings) {
        labels(path + ".matchLabels", selector.path("matchLabels"), findings);
        List<ObjectNode> requirements = Tree.objects(selector, "matchExpressions");
        for (int i = 0; i < requirements.size(); i++) {
            ObjectNode requirement = requirements.get(i);
            String at = path + ".matchExpressions[" + i + "]";
            String key = Tree.text(requirement, "key");
            if (!key.isEmpty()) {
                findings.invalidEach(at + ".key", key, NameRules.qualified(key));
            }
            boolean values = !Tree.empty(requirement, "values");
            switch (Tree.text(requirement, "operator")) {
                case "In", "NotIn" -> {
                    if (!values) {
                        findings.required(at + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
                    }
                }
                case "Exists", "DoesNotExist" -> {
                    if (values) {
                        findings.forbidden(
                                at + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    }
                }
                case "" -> {}
                default ->
                    findings.invalid(
                            at + ".operator", Tree.text(requirement, "operator"), "not a valid selector operator");
            }
        }
    }

    /** Of templates; the server checks the object's own. */
    private static void metadata(String path, ObjectNode metadata, Findings findings) {
        labels(path + ".labels", metadata.path("labels"), findings);
        metadata.path("annotations")
                .fieldNames()
                .forEachRemaining(key -> findings.invalidEach(
                        path + ".annotations", key, NameRules.qualified(key.toLowerCase(Locale.ROOT))));
    }

    private static void labels(String path, JsonNode labels, Findings findings) {
        Tree.map(labels).forEach((key, value) -> {
            findings.invalidEach(path, key, NameRules.qualified(key));
            findings.invalidEach(path, value, NameRules.labelValue(value));
        });
    }
}
