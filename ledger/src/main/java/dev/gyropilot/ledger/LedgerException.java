package dev.gyropilot.ledger;

import org.jspecify.annotations.Nullable;

/** Why the ledger cannot be opened or asked; the message names the thing, its value and the remedy. */
public final class LedgerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The kinds of failure. */
    public enum Reason {
        /** The database cannot be reached or opened. */
        UNAVAILABLE,
        /** The file is not a database, or is damaged. */
        DAMAGED,
        /** The schema is not one that this program knows. */
        SCHEMA,
        /** A value that the caller gave. */
        INVALID
    }

    private final Reason reason;

    public LedgerException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
