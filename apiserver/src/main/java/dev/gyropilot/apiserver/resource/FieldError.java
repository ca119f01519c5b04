package dev.gyropilot.apiserver.resource;

/**
 * One finding of a validation.
 *
 * @param field path such as {@code spec.containers[0].name}
 * @param body the text after the path, such as {@code Invalid value: 0: must be positive}
 */
public record FieldError(Type type, String field, String body) {
    /** The kinds of finding with their {@code metav1.CauseType} and the words that begin the text. */
    public enum Type {
        REQUIRED("FieldValueRequired", "Required value"),
        INVALID("FieldValueInvalid", "Invalid value"),
        TYPE_INVALID("FieldValueTypeInvalid", "Invalid value"),
        NOT_SUPPORTED("FieldValueNotSupported", "Unsupported value"),
        DUPLICATE("FieldValueDuplicate", "Duplicate value"),
        FORBIDDEN("FieldValueForbidden", "Forbidden"),
        NOT_FOUND("FieldValueNotFound", "Not found"),
        TOO_LONG("FieldValueTooLong", "Too long"),
        TOO_MANY("FieldValueTooMany", "Too many"),
        INTERNAL("InternalError", "Internal error");

        private final String reason;
        private final String words;

        Type(String reason, String words) {
            this.reason = reason;
            this.words = words;
        }

        public String reason() {
            return reason;
        }

        public String words() {
            return words;
        }
    }

    public static FieldError required(String field, String detail) {
        return new FieldError(Type.REQUIRED, field, join(Type.REQUIRED.words, "", detail));
    }

    /** @param value as printed: strings quoted, numbers and JSON bare */
    public static FieldError invalid(String field, String value, String detail) {
        return new FieldError(Type.INVALID, field, join(Type.INVALID.words, value, detail));
    }

    public static FieldError forbidden(String field, String detail) {
        return new FieldError(Type.FORBIDDEN, field, join(Type.FORBIDDEN.words, "", detail));
    }

    public static FieldError duplicate(String field, String value) {
        return new FieldError(Type.DUPLICATE, field, join(Type.DUPLICATE.words, value, ""));
    }

    public static FieldError of(Type type, String field, String value, String detail) {
        return new FieldError(type, field, join(type.words, value, detail));
    }

    private static String join(String words, String value, String detail) {
        return words + (value.isEmpty() ? "" : ": " + value) + (detail.isEmpty() ? "" : ": " + detail);
    }

    @Override
    public String toString() {
        return field + ": " + body;
    }
}
