package dev.gyropilot.brain.placement;

/** A node's taint. */
public record Taint(String key, String value, Effect effect) {
    /** What happens to pods that do not tolerate it. */
    public enum Effect {
        NO_SCHEDULE,
        PREFER_NO_SCHEDULE,
        NO_EXECUTE
    }

    @Override
    public String toString() {
        return "{" + key + ": " + value + "}";
    }
}
