package dev.gyropilot.node.pod;

/** What a container is in its pod. */
public enum Role {
    /** Runs to its end before what follows starts. */
    INIT,
    /** An init container that keeps running beside the others. */
    SIDECAR,
    APP
}
