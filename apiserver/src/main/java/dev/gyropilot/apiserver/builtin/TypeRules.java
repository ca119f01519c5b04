package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;

/** Rules of single types, wherever they occur. */
final class TypeRules {
    /** Finds what is wrong with a value of a type. */
    interface Rule {
        void check(String path, ObjectNode value, Findings findings);
    }

    private static final Map<String, Rule> BY_TYPE = Map.ofEntries();
    /** Required fields whose rule has a text of its own. */
    private static final Set<String> OWN_TEXT = Set.of();

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
}
