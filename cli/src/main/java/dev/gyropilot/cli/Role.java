package dev.gyropilot.cli;

/** A part of Gyropilot that a cluster runs as a Deployment or DaemonSet of its own. */
enum Role {
    /** Reconciles Gyropilot's kinds; one of its replicas acts. */
    operator(true),
    /** Places pods; one of its replicas acts. */
    scheduler(true),
    /** Serves requests; all of its replicas do. */
    gateway(false),
    /** Labels the node on which it runs; each of its pods does. */
    node(false);

    private final boolean led;

    Role(boolean led) {
        this.led = led;
    }

    /** Whether only one of its replicas acts at a time. */
    boolean led() {
        return led;
    }
}
