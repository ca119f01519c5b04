package dev.gyropilot.apiserver.resource;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A failure that the client gets as a {@code metav1.Status}; the texts are those that clients of Kubernetes match. */
public final class ApiError extends RuntimeException {
    private final int code;
    private final String reason;
    private final transient @Nullable ObjectNode details;
    private final String next;

    /**
     * @param code HTTP status code
     * @param reason {@code metav1.StatusReason}, empty for none
     * @param details {@code metav1.StatusDetails}, or null
     */
    public ApiError(int code, String reason, String message, @Nullable ObjectNode details) {
        this(code, reason, message, details, "");
    }

    private ApiError(int code, String reason, String message, @Nullable ObjectNode details, String next) {
        super(message, null, false, false);
        this.code = code;
        this.reason = reason;
        this.details = details;
        this.next = next;
    }

    public int code() {
        return code;
    }

    public String reason() {
        return reason;
    }

    public @Nullable ObjectNode details() {
        return details;
    }

    /** The body of the answer. */
    public ObjectNode status() {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        ObjectNode metadata = status.putObject("metadata");
        if (!next.isEmpty()) {
            metadata.put("continue", next);
        }
        status.put("status", "Failure").put("message", getMessage());
        if (!reason.isEmpty()) {
            status.put("reason", reason);
        }
        if (details != null) {
            status.set("details", details);
        }
        return status.put("code", code);
    }

    /** 410 for a page that is too old, with a token by which the rest can still be had. */
    public static ApiError expiredPage(String message, String next) {
        return new ApiError(410, "Expired", message, null, next);
    }

    public static ApiError badRequest(String message) {
        return new ApiError(400, "BadRequest", message, null);
    }

    public static ApiError notFound(String group, String plural, String name) {
        return new ApiError(
                404,
                "NotFound",
                qualified(plural, group) + " \"" + name + "\" not found",
                details(name, group, plural));
    }

    public static ApiError alreadyExists(String group, String plural, String name) {
        return new ApiError(
                409,
                "AlreadyExists",
                qualified(plural, group) + " \"" + name + "\" already exists",
                details(name, group, plural));
    }

    public static ApiError conflict(String group, String plural, String name, String why) {
        return new ApiError(
                409,
                "Conflict",
                "Operation cannot be fulfilled on " + qualified(plural, group) + " \"" + name + "\": " + why,
                details(name, group, plural));
    }

    public static ApiError forbidden(String group, String plural, String name, String why) {
        return new ApiError(
                403,
                "Forbidden",
                qualified(plural, group) + (name.isEmpty() ? "" : " \"" + name + "\"") + " is forbidden: " + why,
                details(name, group, plural));
    }

    /** 422 with one cause per field error; {@code kind} as in the object, {@code group} its API group. */
    public static ApiError invalid(String group, String kind, String name, List<FieldError> errors) {
        String list = errors.size() == 1
                ? errors.getFirst().toString()
                : "["
                        + String.join(
                                ", ", errors.stream().map(FieldError::toString).toList()) + "]";
        ObjectNode details = details(name, group, kind);
        ArrayNode causes = details.putArray("causes");
        for (FieldError error : errors) {
            causes.addObject()
                    .put("reason", error.type().reason())
                    .put("message", error.body())
                    .put("field", error.field());
        }
        return new ApiError(422, "Invalid", qualified(kind, group) + " \"" + name + "\" is invalid: " + list, details);
    }

    /** {@code details} with name, group and kind, each left out when empty. */
    public static ObjectNode details(String name, String group, String kind) {
        ObjectNode details = JsonNodeFactory.instance.objectNode();
        if (!name.isEmpty()) {
            details.put("name", name);
        }
        if (!group.isEmpty()) {
            details.put("group", group);
        }
        if (!kind.isEmpty()) {
            details.put("kind", kind);
        }
        return details;
    }

    private static String qualified(String resource, String group) {
        return group.isEmpty() ? resource : resource + "." + group;
    }
}
