package dev.gyropilot.node.volume;

import java.util.Objects;

/** Something that a pod refers to is not there, or not yet; the pod waits for it. */
public final class MissingReference extends Exception {
    private static final long serialVersionUID = 1L;

    public MissingReference(String message) {
        super(message);
    }

    /** What is missing. */
    public String text() {
        return Objects.requireNonNullElse(getMessage(), "a reference is missing");
    }
}
