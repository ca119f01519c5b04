package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Collects what a validation finds, with upstream's texts; bounded, for one bad list must not make a huge answer. */
public final class Findings {
    private static final int MAX_FINDINGS = 100;
    static final String IMMUTABLE = "field is immutable";

    private final List<FieldError> errors = new ArrayList<>();

    public List<FieldError> errors() {
        return List.copyOf(errors);
    }

    private void add(FieldError error) {
        if (errors.size() < MAX_FINDINGS) {
            errors.add(error);
        }
    }

    public void required(String field, String detail) {
        add(FieldError.required(field, detail));
    }

    public void invalid(String field, JsonNode value, String detail) {
        add(FieldError.invalid(field, value.isMissingNode() ? "null" : value.toString(), detail));
    }

    public void invalid(String field, String value, String detail) {
        add(FieldError.invalid(field, quote(value), detail));
    }

    public void forbidden(String field, String detail) {
        add(FieldError.forbidden(field, detail));
    }

    public void duplicate(String field, JsonNode value) {
        add(FieldError.duplicate(field, value.toString()));
    }

    public void duplicate(String field, String value) {
        add(FieldError.duplicate(field, quote(value)));
    }

    public void notFound(String field, String value) {
        add(FieldError.of(FieldError.Type.NOT_FOUND, field, quote(value), ""));
    }

    public void notSupported(String field, String value, Collection<String> supported) {
        String list = supported.stream().map(Findings::quote).collect(Collectors.joining(", "));
        add(FieldError.of(FieldError.Type.NOT_SUPPORTED, field, quote(value), "supported values: " + list));
    }

    public void tooLong(String field, int max) {
        add(FieldError.of(FieldError.Type.TOO_LONG, field, "", "may not be more than " + max + " bytes"));
    }

    public void tooMany(String field, int actual, int max) {
        add(FieldError.of(
                FieldError.Type.TOO_MANY, field, Integer.toString(actual), "must have at most " + max + " items"));
    }

    /** Adds a finding for each text that {@link NameRules} gave. */
    public void invalidEach(String field, String value, List<String> details) {
        details.forEach(detail -> invalid(field, value, detail));
    }

    private static String quote(String text) {
        return TextNode.valueOf(text).toString();
    }
}
