package dev.gyropilot.node;

/** A node could not start or go on; the message names the thing, its value and the remedy. */
public final class NodeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why, for programs. */
    public enum Code {
        INVALID_CONFIGURATION,
        DATA_DIRECTORY,
        ADDRESS_RANGE,
        PORT,
        REGISTRATION
    }

    private final Code code;

    public NodeException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public NodeException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
