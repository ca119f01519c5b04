package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** What single RBAC rules allow. */
final class PolicyRules {
    private static final String ALL = "*";

    private PolicyRules() {}

    static boolean allows(JsonNode rule, Attributes asked) {
        if (!asked.isResource()) {
            return has(rule, "verbs", asked.verb()) && allowsPath(rule, asked.path());
        }
        return has(rule, "verbs", asked.verb())
                && has(rule, "apiGroups", asked.group())
                && allowsResource(rule, asked.resource(), asked.subresource())
                && allowsName(rule, asked.name());
    }

    private static boolean has(JsonNode rule, String field, String value) {
        for (JsonNode entry : rule.path(field)) {
            String text = entry.asText();
            if (text.equals(ALL) || text.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean allowsResource(JsonNode rule, String resource, String subresource) {
        String whole = subresource.isEmpty() ? resource : resource + "/" + subresource;
        for (JsonNode entry : rule.path("resources")) {
            String text = entry.asText();
            boolean anyWithSubresource = !subresource.isEmpty() && text.equals("*/" + subresource);
            if (text.equals(ALL) || text.equals(whole) || anyWithSubresource) {
                return true;
            }
        }
        return false;
    }

    private static boolean allowsName(JsonNode rule, String name) {
        JsonNode names = rule.path("resourceNames");
        if (names.isEmpty()) {
            return true;
        }
        for (JsonNode entry : names) {
            if (!name.isEmpty() && entry.asText().equals(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean allowsPath(JsonNode rule, String path) {
        for (JsonNode entry : rule.path("nonResourceURLs")) {
            String text = entry.asText();
            boolean prefix = text.endsWith(ALL) && path.startsWith(text.substring(0, text.length() - 1));
            if (prefix || text.equals(path)) {
                return true;
            }
        }
        return false;
    }

    /** The parts of {@code wanted}, each of one verb, group, resource and name, that none of {@code held} allows. */
    static List<ObjectNode> notCovered(List<? extends JsonNode> held, List<? extends JsonNode> wanted) {
        List<ObjectNode> missing = new ArrayList<>();
        for (JsonNode rule : wanted) {
            for (ObjectNode part : parts(rule)) {
                if (held.stream().noneMatch(owner -> covers(owner, part))) {
                    missing.add(part);
                }
            }
        }
        return missing;
    }

    private static List<ObjectNode> parts(JsonNode rule) {
        List<ObjectNode> parts = new ArrayList<>();
        for (String verb : Tree.texts(rule, "verbs")) {
            for (String url : Tree.texts(rule, "nonResourceURLs")) {
                ObjectNode part = part(verb);
                part.putArray("nonResourceURLs").add(url);
                parts.add(part);
            }
            for (String group : Tree.texts(rule, "apiGroups")) {
                for (String resource : Tree.texts(rule, "resources")) {
                    List<String> names = Tree.texts(rule, "resourceNames");
                    for (String name : names.isEmpty() ? List.of("") : names) {
                        ObjectNode part = part(verb);
                        part.putArray("apiGroups").add(group);
                        part.putArray("resources").add(resource);
                        if (!name.isEmpty()) {
                            part.putArray("resourceNames").add(name);
                        }
                        parts.add(part);
                    }
                }
            }
        }
        return parts;
    }

    private static ObjectNode part(String verb) {
        ObjectNode part = Tree.object();
        part.putArray("verbs").add(verb);
        return part;
    }

    private static boolean covers(JsonNode owner, ObjectNode part) {
        if (!has(owner, "verbs", first(part, "verbs"))) {
            return false;
        }
        if (part.has("nonResourceURLs")) {
            return allowsPath(owner, first(part, "nonResourceURLs"));
        }
        String resource = first(part, "resources");
        int slash = resource.indexOf('/');
        boolean resourceHeld = slash < 0
                ? allowsResource(owner, resource, "")
                : allowsResource(owner, resource.substring(0, slash), resource.substring(slash + 1));
        boolean nameHeld = owner.path("resourceNames").isEmpty()
                || (part.has("resourceNames") && allowsName(owner, first(part, "resourceNames")));
        return has(owner, "apiGroups", first(part, "apiGroups")) && resourceHeld && nameHeld;
    }

    private static String first(JsonNode part, String field) {
        return part.path(field).path(0).asText();
    }

    /** As upstream prints rules in refusals. */
    static String print(JsonNode rule) {
        StringJoiner text = new StringJoiner(", ", "{", "}");
        add(text, "APIGroups", rule.path("apiGroups"));
        add(text, "Resources", rule.path("resources"));
        add(text, "ResourceNames", rule.path("resourceNames"));
        add(text, "NonResourceURLs", rule.path("nonResourceURLs"));
        add(text, "Verbs", rule.path("verbs"));
        return text.toString();
    }

    private static void add(StringJoiner text, String name, JsonNode values) {
        if (!values.isEmpty()) {
            StringJoiner list = new StringJoiner(" ", "[", "]");
            values.forEach(value -> list.add("\"" + value.asText() + "\""));
            text.add(name + ":" + list);
        }
    }
}
