package dev.gyropilot.brain.placement.device;

/** Ends a search for devices on all nodes: the input is broken, or the search took too long. */
final class Aborted extends RuntimeException {
    Aborted(String message) {
        super(message, null, false, false);
    }

    /** The message, never null. */
    String text() {
        return String.valueOf(getMessage());
    }
}
