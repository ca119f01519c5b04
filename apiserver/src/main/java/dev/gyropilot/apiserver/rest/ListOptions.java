package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.http.Query;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a list or watch.
 *
 * @param resourceVersion as sent, empty when absent
 * @param match {@code resourceVersionMatch}, empty when absent
 * @param next the continue token, empty on the first page
 * @param limit 0 for none
 * @param timeoutSeconds 0 when absent
 */
record ListOptions(
        String resourceVersion,
        String match,
        String next,
        long limit,
        boolean sendInitialEvents,
        boolean bookmarks,
        long timeoutSeconds) {
    private static final String META = "meta.k8s.io";
    private static final String MATCH = "resourceVersionMatch";

    static ListOptions of(Query query, boolean watch) {
        ListOptions options = new ListOptions(
                query.text("resourceVersion"),
                query.text(MATCH),
                query.text("continue"),
                number(query, "limit"),
                query.flag("sendInitialEvents"),
                query.flag("allowWatchBookmarks"),
                number(query, "timeoutSeconds"));
        boolean initialEventsGiven = query.get("sendInitialEvents") != null;
        List<FieldError> errors =
                watch ? options.watchErrors(initialEventsGiven) : options.listErrors(initialEventsGiven);
        if (!errors.isEmpty()) {
            throw ApiError.invalid(META, "ListOptions", "", errors);
        }
        options.revision();
        return options;
    }

    /** The wanted revision, 0 when absent or {@code "0"}. */
    long revision() {
        if (resourceVersion.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseUnsignedLong(resourceVersion);
        } catch (NumberFormatException e) {
            throw ApiError.badRequest("invalid resource version: resourceVersion: Invalid value: \"" + resourceVersion
                    + "\": strconv.ParseUint: parsing \"" + resourceVersion + "\": invalid syntax");
        }
    }

    private List<FieldError> listErrors(boolean initialEventsGiven) {
        List<FieldError> errors = new ArrayList<>();
        if (!match.isEmpty()) {
            if (resourceVersion.isEmpty()) {
                errors.add(FieldError.forbidden(
                        MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }
            if (!next.isEmpty()) {
                errors.add(FieldError.forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
            }
            if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
                errors.add(FieldError.of(
                        FieldError.Type.NOT_SUPPORTED,
                        MATCH,
                        '"' + match + '"',
                        "supported values: \"Exact\", \"NotOlderThan\""));
            }
            if (match.equals("Exact") && resourceVersion.equals("0")) {
                errors.add(FieldError.forbidden(
                        MATCH, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }
        if (initialEventsGiven) {
            errors.add(FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        return errors;
    }

    private List<FieldError> watchErrors(boolean initialEventsGiven) {
        List<FieldError> errors = new ArrayList<>();
        if (initialEventsGiven && !match.equals("NotOlderThan")) {
            errors.add(FieldError.forbidden(
                    MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        } else if (!initialEventsGiven && !match.isEmpty()) {
            errors.add(FieldError.forbidden(
                    MATCH, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
        }
        return errors;
    }

    private static long number(Query query, String name) {
        String text = query.text(name);
        if (text.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiError.badRequest("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
        }
    }
}
