package dev.gyropilot.api.cel;

/** An expression that does not compile, or fails on the values at hand; the message is for whoever wrote it. */
public final class CelProblem extends RuntimeException {
    private final Kind kind;

    /** What went wrong. */
    public enum Kind {
        /** It is no valid expression over these variables. */
        COMPILATION,
        /** It failed on the values, such as a missing key. */
        EVALUATION,
        /** It used up its budget. */
        COST
    }

    public CelProblem(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
