package dev.gyropilot.gateway;

import dev.gyropilot.gateway.scan.BodyFault;
import dev.gyropilot.gateway.scan.RequestScanner;
import dev.gyropilot.gateway.scan.RequestScanner.Kind;
import org.jspecify.annotations.Nullable;

/** Checks the few fields of a body that the gateway knows; the rest is the engine's business. */
final class RequestChecks {
    private RequestChecks() {}

    static @Nullable ApiError check(Operation operation, RequestScanner body) {
        BodyFault fault = body.finish();
        if (fault != null) {
            return ApiError.invalid(fault);
        }
        if (body.modelKind() == Kind.ABSENT) {
            return ApiError.invalid(
                    "you must provide a model: the field model is missing; GET /v1/models lists the names", "model");
        }
        if (body.modelKind() != Kind.STRING) {
            return wrong("model", "a string", body.modelKind());
        }
        Kind stream = body.streamKind();
        if (stream != Kind.ABSENT && stream != Kind.NULL && stream != Kind.TRUE && stream != Kind.FALSE) {
            return wrong("stream", "true or false", stream);
        }
        Kind options = body.streamOptionsKind();
        if (options != Kind.ABSENT && options != Kind.NULL && options != Kind.OBJECT) {
            return wrong("stream_options", "an object", options);
        }
        return switch (operation) {
            case CHAT -> body.messagesKind() == Kind.ARRAY ? null : wrong("messages", "an array", body.messagesKind());
            case EMBEDDINGS ->
                body.inputKind() == Kind.STRING || body.inputKind() == Kind.ARRAY
                        ? null
                        : wrong("input", "a string or an array", body.inputKind());
            case COMPLETIONS, RESPONSES, TOKENIZE, DETOKENIZE -> null;
        };
    }

    private static ApiError wrong(String field, String expected, Kind found) {
        String message = found == Kind.ABSENT
                ? "the field " + field + " is missing: it must be " + expected
                : "the field " + field + " must be " + expected + ", it is "
                        + switch (found) {
                            case NULL -> "null";
                            case STRING -> "a string";
                            case NUMBER -> "a number";
                            case TRUE, FALSE -> "a boolean";
                            case OBJECT -> "an object";
                            case ARRAY -> "an array";
                            case ABSENT -> "absent";
                        };
        return ApiError.invalid(message, field);
    }
}
