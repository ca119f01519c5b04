package dev.gyropilot.brain.placement.packing;

import java.util.Set;

/**
 * What a piece of work takes on one host.
 *
 * @param memory bytes
 * @param devices how many distinct devices; 0 for work on the CPU alone
 * @param share how much of each device, in thousandths; {@link #WHOLE} of several
 * @param types the device types that will do; empty: all
 */
public record Need(long cpuMillis, long memory, int devices, int share, Set<String> types) {
    /** All of a device. */
    public static final int WHOLE = 1000;

    public Need {
        types = Set.copyOf(types);
        if (devices < 0 || share < 0 || share > WHOLE || (devices == 0) != (share == 0)) {
            throw new IllegalArgumentException(devices + " devices with a share of " + share
                    + " thousandths each. Maybe 1 to " + WHOLE + ", and 0 for no device");
        }
    }

    /** Whether it is content with a part of one device. */
    public boolean isFraction() {
        return devices == 1 && share < WHOLE;
    }

    /** Thousandths of a device in all. */
    public int amount() {
        return devices * share;
    }

    public boolean accepts(String type) {
        return types.isEmpty() || types.contains(type);
    }
}
