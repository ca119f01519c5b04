package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.apiserver.fields.FieldManager.Manager;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.http.Query;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.FieldError.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The parameters of a write.
 *
 * @param manager who is noted as owner of the written fields
 */
record WriteOptions(boolean dryRun, Validation validation, Manager manager, boolean force) {
    /** What to do about unknown and duplicate fields. */
    enum Validation {
        IGNORE,
        WARN,
        STRICT
    }

    private static final String META = "meta.k8s.io";
    private static final int MAX_MANAGER_BYTES = 128;
    private static final Set<String> VALIDATIONS = Set.of("", "Ignore", "Strict", "Warn");

    /** @param kind CreateOptions, UpdateOptions or PatchOptions */
    static WriteOptions of(Call call, String kind, boolean apply) {
        Query query = call.query();
        List<FieldError> errors = new ArrayList<>();
        String name = query.text("fieldManager");
        if (apply && name.isEmpty()) {
            errors.add(FieldError.required("fieldManager", "is required for apply patch"));
        } else if (name.length() > MAX_MANAGER_BYTES) {
            errors.add(FieldError.of(
                    Type.TOO_LONG, "fieldManager", "", "may not be more than " + MAX_MANAGER_BYTES + " bytes"));
        }
        if (!apply && kind.equals("PatchOptions") && query.get("force") != null) {
            errors.add(FieldError.forbidden("force", "may not be specified for non-apply patch"));
        }
        boolean dryRun = dryRun(query.all("dryRun"), errors);
        String validation = query.text("fieldValidation");
        if (!VALIDATIONS.contains(validation)) {
            errors.add(FieldError.of(
                    Type.NOT_SUPPORTED,
                    "fieldValidation",
                    '"' + validation + '"',
                    "supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""));
        }
        if (!errors.isEmpty()) {
            throw ApiError.invalid(META, kind, "", errors);
        }
        return new WriteOptions(
                dryRun,
                switch (validation) {
                    case "Ignore" -> Validation.IGNORE;
                    case "Strict" -> Validation.STRICT;
                    default -> Validation.WARN;
                },
                new Manager(name.isEmpty() ? agent(call.exchange()) : name, call.subresource()),
                query.flag("force"));
    }

    static boolean dryRun(List<String> values, List<FieldError> errors) {
        for (String value : values) {
            if (!value.equals("All")) {
                errors.add(FieldError.of(
                        Type.NOT_SUPPORTED, "dryRun", "[\"" + value + "\"]", "supported values: \"All\""));
                return false;
            }
        }
        return !values.isEmpty();
    }

    static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    /** The User-Agent up to its first slash, as far as it can be printed. */
    private static String agent(Exchange exchange) {
        String agent = exchange.header("User-Agent");
        int slash = agent.indexOf('/');
        String name = (slash < 0 ? agent : agent.substring(0, slash))
                .chars()
                .filter(c -> c >= ' ' && c <= '~')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return name.length() > MAX_MANAGER_BYTES ? name.substring(0, MAX_MANAGER_BYTES) : name;
    }
}
