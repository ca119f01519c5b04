package dev.gyropilot.api.cluster;

import java.time.Duration;

/** Brings the world nearer to what one object asks for. */
@FunctionalInterface
public interface Reconciler {
    /**
     * Reconciles the object with this key; the object may be gone. Runs on a virtual thread, never twice at once for one
     * key. A thrown exception is logged and retried with back-off.
     */
    Result reconcile(Key key) throws Exception;

    /** What shall follow. */
    sealed interface Result {
        /** Nothing until the next event. */
        record Done() implements Result {}

        /** Come back after a while, or earlier when an event says so. */
        record After(Duration delay) implements Result {}

        static Result done() {
            return new Done();
        }

        static Result after(Duration delay) {
            return new After(delay);
        }
    }
}
