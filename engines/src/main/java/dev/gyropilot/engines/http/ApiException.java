package dev.gyropilot.engines.http;

import org.jspecify.annotations.Nullable;

/** A request that is answered with an error in OpenAI's shape. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;
    private final int retryAfterSeconds;

    private ApiException(
            int status,
            String type,
            @Nullable String param,
            @Nullable String code,
            int retryAfterSeconds,
            String message) {
        // An answer, not a fault: nobody reads its stack.
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** 400: a field is wrong; the message names its value and the remedy. */
    public static ApiException invalid(String param, String message) {
        return new ApiException(400, "invalid_request_error", param, null, 0, message);
    }

    /** 400: the request cannot be read at all. */
    public static ApiException malformed(String message) {
        return new ApiException(400, "invalid_request_error", null, "malformed_body", 0, message);
    }

    /** 400: longer than the model's context. */
    public static ApiException tooLong(String param, String message) {
        return new ApiException(400, "invalid_request_error", param, "context_length_exceeded", 0, message);
    }

    /** 404: no such model; the message gives the known names. */
    public static ApiException unknownModel(String asked, String served) {
        return new ApiException(
                404,
                "invalid_request_error",
                "model",
                "model_not_found",
                0,
                "The model '" + asked + "' does not exist here; this server serves '" + served + "'.");
    }

    /** Any other refusal. */
    public static ApiException of(int status, String type, String code, String message) {
        return new ApiException(status, type, null, code, 0, message);
    }

    /** 503: no room now; safe to try again elsewhere or later. */
    public static ApiException overloaded(int retryAfterSeconds, String message) {
        return new ApiException(503, "overloaded_error", null, "engine_overloaded", retryAfterSeconds, message);
    }

    /** 500: a fault of ours; details are in the log. */
    public static ApiException internal(String message) {
        return new ApiException(500, "server_error", null, "internal_error", 0, message);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Seconds for Retry-After, 0 when it makes no sense. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** The body, a JSON object with the one member {@code error}. */
    public byte[] body() {
        return Json.bytes(Json.object()
                .set(
                        "error",
                        Json.object()
                                .put("message", getMessage())
                                .put("type", type)
                                .put("param", param)
                                .put("code", code)));
    }
}
