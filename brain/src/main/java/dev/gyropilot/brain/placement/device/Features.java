package dev.gyropilot.brain.placement.device;

/**
 * Which parts of the allocator are on; a part that is off behaves as in a Kubernetes without it.
 *
 * @param fractionalCapacityRange whether the steps of a capacity's range may be fractions of one
 */
public record Features(
        boolean adminAccess,
        boolean prioritizedList,
        boolean consumableCapacity,
        boolean partitionableDevices,
        boolean deviceTaints,
        boolean bindingConditions,
        boolean listTypeAttributes,
        boolean compatibilityGroups,
        boolean fractionalCapacityRange) {
    /** All that changes no result of a Kubernetes that has less; that is, without fractional ranges. */
    public static final Features ALL = new Features(true, true, true, true, true, true, true, true, false);
}
