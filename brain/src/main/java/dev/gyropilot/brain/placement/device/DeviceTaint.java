package dev.gyropilot.brain.placement.device;

/**
 * A device's taint; of the effects, only {@code NoSchedule} and {@code NoExecute} keep claims away.
 *
 * @param addedMillis since when it is there, since the epoch; 0: not known
 */
public record DeviceTaint(String key, String value, String effect, long addedMillis) {
    /** Whether it keeps claims away that do not tolerate it. */
    public boolean blocks() {
        return effect.equals("NoSchedule") || evicts();
    }

    /** Whether pods that hold the device have to leave, unless their claim tolerates it. */
    public boolean evicts() {
        return effect.equals("NoExecute");
    }

    boolean isSame(DeviceTaint other) {
        return key.equals(other.key) && value.equals(other.value) && effect.equals(other.effect);
    }

    DeviceTaint since(long millis) {
        return new DeviceTaint(key, value, effect, millis);
    }

    /** Such as {@code broken=yes:NoExecute}. */
    @Override
    public String toString() {
        return key + (value.isEmpty() ? "" : "=" + value) + ":" + effect;
    }
}
