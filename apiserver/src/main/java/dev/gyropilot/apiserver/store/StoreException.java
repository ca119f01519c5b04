package dev.gyropilot.apiserver.store;

/** A failure of the store, with a reason that a program can decide on and a message for a person. */
public final class StoreException extends RuntimeException {
    /** Why. */
    public enum Reason {
        /** Another program has the directory open. */
        LOCKED,
        /** The file is not one of ours, or the directory cannot be used. */
        FOREIGN,
        /** The file is ours and damaged. */
        DAMAGED,
        /** The file was written by a newer version of the program. */
        NEWER,
        /** The object to create exists. */
        EXISTS,
        /** The object is no longer at the expected revision, or gone. */
        STALE,
        /** The wanted revision is older than the window of kept events. */
        COMPACTED,
        /** There is no room on the disk; reads go on, writes recover when there is. */
        FULL,
        /** The disk failed: what was acknowledged is safe, further writes are refused until a restart. */
        FAILED,
        /** The store was closed. */
        CLOSED
    }

    private final Reason reason;

    StoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    StoreException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
