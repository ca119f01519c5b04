package dev.gyropilot.brain.placement.device;

/** All devices, classes and claims of a snapshot. */
public final class Devices {
    public static final Devices EMPTY = new Devices();
}
