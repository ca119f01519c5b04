package dev.gyropilot.gateway;

import org.jspecify.annotations.Nullable;

/** Why the gateway could not start; the message names the thing, its value and the remedy. */
public final class GatewayException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The kinds of failure. */
    public enum Reason {
        /** The address and port cannot be bound. */
        ADDRESS_IN_USE,
        /** The Kubernetes API did not answer. */
        CLUSTER_UNAVAILABLE
    }

    private final Reason reason;

    public GatewayException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
