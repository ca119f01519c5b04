package dev.gyropilot.brain.placement.device;

/** Which parts of the allocator are on; a part that is off behaves as in a Kubernetes without it. */
public record Features(
        boolean adminAccess,
        boolean prioritizedList,
        boolean consumableCapacity,
        boolean partitionableDevices,
        boolean deviceTaints,
        boolean bindingConditions,
        boolean listTypeAttributes) {
    public static final Features ALL = new Features(true, true, true, true, true, true, true);
}
