package dev.gyropilot.brain.placement.device;

/** What a device is known by, whichever slice lists it. */
public record DeviceId(PoolId pool, String device) {
    @Override
    public String toString() {
        return pool + "/" + device;
    }
}
