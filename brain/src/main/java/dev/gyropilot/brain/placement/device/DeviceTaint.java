package dev.gyropilot.brain.placement.device;

/** A device's taint; of the effects, only {@code NoSchedule} and {@code NoExecute} keep claims away. */
public record DeviceTaint(String key, String value, String effect) {
    /** Whether it keeps claims away that do not tolerate it. */
    public boolean blocks() {
        return effect.equals("NoSchedule") || effect.equals("NoExecute");
    }
}
