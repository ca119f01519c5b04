package dev.gyropilot.gateway;

import dev.gyropilot.gateway.scan.BodyFault;
import dev.gyropilot.gateway.scan.Bytes;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A refusal in OpenAI's shape.
 *
 * @param status HTTP status
 * @param type OpenAI's class of error
 * @param code OpenAI's code; clients branch on it
 * @param message for a person, with the remedy
 * @param param the request's field that is concerned
 * @param retryAfterSeconds when another try makes sense; 0 when it does not
 */
record ApiError(
        HttpResponseStatus status,
        String type,
        @Nullable String code,
        String message,
        @Nullable String param,
        int retryAfterSeconds) {
    private static final String INVALID = "invalid_request_error";
    private static final int NAMES_SHOWN = 20;

    static ApiError invalid(String message, @Nullable String param) {
        return new ApiError(HttpResponseStatus.BAD_REQUEST, INVALID, null, message, param, 0);
    }

    static ApiError invalid(BodyFault fault) {
        return invalid(fault.message(), fault.field());
    }

    static ApiError badHttp(HttpResponseStatus status, String message) {
        return new ApiError(status, INVALID, null, message, null, 0);
    }

    static ApiError unauthorized(boolean keyGiven) {
        String message = keyGiven
                ? "Incorrect API key provided. `gyro env` prints the one that `gyro up` made."
                : "You didn't provide an API key. Send it as `Authorization: Bearer KEY`; `gyro env` prints the one that"
                        + " `gyro up` made.";
        return new ApiError(HttpResponseStatus.UNAUTHORIZED, INVALID, "invalid_api_key", message, null, 0);
    }

    static ApiError unknownPath(CharSequence path) {
        return new ApiError(
                HttpResponseStatus.NOT_FOUND,
                INVALID,
                "unknown_url",
                "Unknown request URL: " + path + ". Known are /v1/models, /v1/chat/completions, /v1/completions,"
                        + " /v1/embeddings and /v1/responses.",
                null,
                0);
    }

    static ApiError wrongMethod(String method, CharSequence path, String allowed) {
        return new ApiError(
                HttpResponseStatus.METHOD_NOT_ALLOWED,
                INVALID,
                "method_not_allowed",
                "Not allowed to " + method + " on " + path + ": use " + allowed + ".",
                null,
                0);
    }

    static ApiError modelNotFound(String model, Collection<String> known) {
        String names = known.isEmpty()
                ? "There is none yet: `gyro deploy minilm` makes one."
                : "Known are: " + known.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "))
                        + (known.size() > NAMES_SHOWN ? " and " + (known.size() - NAMES_SHOWN) + " more." : ".");
        return new ApiError(
                HttpResponseStatus.NOT_FOUND,
                INVALID,
                "model_not_found",
                "The model `" + model + "` does not exist or you do not have access to it. " + names,
                "model",
                0);
    }

    static ApiError ambiguousModel(String model, Collection<String> services) {
        return new ApiError(
                HttpResponseStatus.BAD_REQUEST,
                INVALID,
                "model_ambiguous",
                "The model `" + model + "` is served by more than one service: say which, one of "
                        + String.join(", ", services) + ".",
                "model",
                0);
    }

    static ApiError tooLarge(long limit) {
        return new ApiError(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                INVALID,
                "request_too_large",
                "The request's body is larger than " + limit + " bytes: send less at once.",
                null,
                0);
    }

    static ApiError bodyTimeout(long millis) {
        return new ApiError(
                HttpResponseStatus.REQUEST_TIMEOUT,
                INVALID,
                "request_timeout",
                "The request's body did not end within " + millis + " ms: send it faster.",
                null,
                0);
    }

    static ApiError overloaded(String what) {
        return new ApiError(
                HttpResponseStatus.TOO_MANY_REQUESTS,
                "rate_limit_error",
                "gateway_overloaded",
                "The gateway is at its limit of " + what + ": try again in a moment.",
                null,
                1);
    }

    static ApiError unavailable(String message, int retryAfterSeconds) {
        return new ApiError(
                HttpResponseStatus.SERVICE_UNAVAILABLE,
                "server_error",
                "service_unavailable",
                message,
                null,
                retryAfterSeconds);
    }

    static ApiError upstreamFailed(String message) {
        return new ApiError(HttpResponseStatus.BAD_GATEWAY, "server_error", "upstream_failed", message, null, 1);
    }

    static ApiError upstreamTimeout(long millis) {
        return new ApiError(
                HttpResponseStatus.GATEWAY_TIMEOUT,
                "server_error",
                "upstream_timeout",
                "The model server did not answer within " + millis + " ms.",
                null,
                0);
    }

    /** The body, {@code {"error":{…}}}. */
    byte[] json() {
        return ("{\"error\":" + inner() + "}").getBytes(StandardCharsets.UTF_8);
    }

    /** As an event at the end of a stream that broke off. */
    byte[] event(Operation operation) {
        String event = operation == Operation.RESPONSES
                ? "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"object\":\"response\","
                        + "\"status\":\"failed\",\"error\":" + inner() + "}}\n\n"
                : "data: {\"error\":" + inner() + "}\n\n";
        return event.getBytes(StandardCharsets.UTF_8);
    }

    private String inner() {
        return "{\"message\":" + Bytes.quote(message) + ",\"type\":" + Bytes.quote(type) + ",\"param\":"
                + (param == null ? "null" : Bytes.quote(param)) + ",\"code\":"
                + (code == null ? "null" : Bytes.quote(code)) + "}";
    }
}
