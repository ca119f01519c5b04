package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** Validation by type: required fields and enumerations as the types declare them, and the rules of single types. */
final class TypeChecks {
    /** Required by their type, and yet allowed to be empty. */
    private static final Set<String> MAY_BE_EMPTY = Set.of(
            "io.k8s.api.core.v1.Event.involvedObject",
            "io.k8s.api.core.v1.LocalObjectReference.name",
            "io.k8s.api.core.v1.SecretReference.name",
            "io.k8s.api.rbac.v1.RoleRef.apiGroup",
            "io.k8s.api.rbac.v1.RoleRef.name",
            "io.k8s.api.rbac.v1.PolicyRule.verbs",
            "io.k8s.api.rbac.v1.Role.rules",
            "io.k8s.api.rbac.v1.ClusterRole.rules",
            "io.k8s.api.discovery.v1.EndpointSlice.endpoints");

    private TypeChecks() {}

    static void check(GoType.Struct type, ObjectNode object, Findings findings) {
        for (GoType.Field field : type.fields().values()) {
            boolean checked = switch (field.name()) {
                case "apiVersion", "kind", "metadata", "status" -> false;
                default -> true;
            };
            if (checked) {
                field("", type, field, object, findings);
            }
        }
    }

    private static void struct(String path, GoType.Struct type, ObjectNode object, Findings findings) {
        for (GoType.Field field : type.fields().values()) {
            field(path, type, field, object, findings);
        }
        TypeRules.check(type.name(), path, object, findings);
    }

    private static void field(
            String path, GoType.Struct owner, GoType.Field field, ObjectNode object, Findings findings) {
        JsonNode value = object.path(field.name());
        String at = path.isEmpty() ? field.name() : path + "." + field.name();
        if (field.required() && missing(field.type(), value)) {
            if (!MAY_BE_EMPTY.contains(owner.name() + "." + field.name())
                    && !TypeRules.saysItself(owner.name(), field.name())) {
                findings.required(at, "");
            }
            return;
        }
        value(at, field.type(), value, findings);
    }

    private static boolean missing(GoType type, JsonNode value) {
        return switch (type) {
            case GoType.Text ignored -> value.asText("").isEmpty();
            case GoType.ListOf ignored -> value.isEmpty();
            case GoType.Struct _, GoType.IntOrString _, GoType.Quantity _, GoType.MapOf _ -> value.isMissingNode();
            case GoType.Whole _, GoType.Real _, GoType.Bool _, GoType.Bytes _, GoType.Time _, GoType.Any _ -> false;
        };
    }

    private static void value(String path, GoType type, JsonNode value, Findings findings) {
        switch (type) {
            case GoType.Struct struct when value instanceof ObjectNode object -> struct(path, struct, object, findings);
            case GoType.ListOf list -> {
                int i = 0;
                for (JsonNode item : value) {
                    value(path + "[" + i++ + "]", list.item(), item, findings);
                }
            }
            case GoType.MapOf map
            when map.value() instanceof GoType.Struct ->
                value.properties()
                        .forEach(entry ->
                                value(path + "[" + entry.getKey() + "]", map.value(), entry.getValue(), findings));
            case GoType.Text text
            when !text.allowed().isEmpty() && value.isTextual() -> {
                if (!text.allowed().contains(value.textValue())
                        && !value.textValue().isEmpty()) {
                    findings.notSupported(path, value.textValue(), text.allowed());
                }
            }
            default -> {}
        }
    }
}
