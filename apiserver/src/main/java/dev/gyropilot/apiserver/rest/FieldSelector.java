package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code metadata.name=a,spec.nodeName!=b}. */
final class FieldSelector {
    private record Term(String field, String value, boolean equal) {}

    private final List<Term> terms;

    private FieldSelector(List<Term> terms) {
        this.terms = terms;
    }

    static FieldSelector parse(String text, ResourceType type) {
        List<Term> terms = new ArrayList<>();
        for (String part : split(text)) {
            if (part.isEmpty()) {
                continue;
            }
            int sign = part.indexOf('=');
            if (sign < 0) {
                throw ApiError.badRequest("invalid selector: '" + text + "'; can't understand '" + part + "'");
            }
            boolean equal = sign == 0 || part.charAt(sign - 1) != '!';
            String field = part.substring(0, equal ? sign : sign - 1);
            String value = part.substring(part.startsWith("==", sign) ? sign + 2 : sign + 1);
            boolean known = field.equals("metadata.name")
                    || (field.equals("metadata.namespace") && type.namespaced())
                    || type.strategy().selectableFieldNames().contains(field);
            if (!known) {
                boolean plain =
                        !type.custom() && type.strategy().selectableFieldNames().isEmpty();
                throw ApiError.badRequest(
                        plain
                                ? "\"" + field
                                        + "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                                : "field label not supported: " + field);
            }
            terms.add(new Term(field, unescape(value), equal));
        }
        return new FieldSelector(terms);
    }

    boolean isEverything() {
        return terms.isEmpty();
    }

    /** The only name that can match, or null. */
    @Nullable
    String singleName() {
        return terms.stream()
                .filter(term -> term.equal && term.field.equals("metadata.name"))
                .map(Term::value)
                .findFirst()
                .orElse(null);
    }

    boolean matches(ObjectNode object, ResourceType type) {
        if (terms.isEmpty()) {
            return true;
        }
        Map<String, String> values = null;
        for (Term term : terms) {
            String actual;
            if (term.field.equals("metadata.name")) {
                actual = Meta.name(object);
            } else if (term.field.equals("metadata.namespace")) {
                actual = Meta.namespace(object);
            } else {
                values = values == null ? type.strategy().selectableFields(object) : values;
                actual = values.getOrDefault(term.field, "");
            }
            if (actual.equals(term.value) != term.equal) {
                return false;
            }
        }
        return true;
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                part.append(c).append(text.charAt(++i));
            } else if (c == ',') {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    private static String unescape(String value) {
        return value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\");
    }
}
