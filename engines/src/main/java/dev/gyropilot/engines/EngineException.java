package dev.gyropilot.engines;

/** A failure that ends a command: one message that names the thing, its value and the remedy, and an exit code. */
public final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why a command ended; the number is its exit code, after {@code sysexits.h}. */
    public enum Code {
        /** The command line is wrong. */
        USAGE(64),
        /** The model's file or content is damaged or of a kind that is not understood. */
        DATA(65),
        /** A file or address does not exist. */
        NOT_FOUND(66),
        /** A remote side or the network failed; trying again later may help. */
        UNAVAILABLE(69),
        /** Something inside failed. */
        INTERNAL(70),
        /** The system refused: no room on disk, a port in use. */
        SYSTEM(71),
        /** Credentials are missing or do not suffice. */
        DENIED(77);

        private final int exitCode;

        Code(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The exit code of the process. */
        public int exitCode() {
            return exitCode;
        }
    }

    private final Code code;

    /** A failure with its message for people. */
    public EngineException(Code code, String message) {
        super(message);
        this.code = code;
    }

    /** A failure with what caused it. */
    public EngineException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** Why the command ended. */
    public Code code() {
        return code;
    }
}
