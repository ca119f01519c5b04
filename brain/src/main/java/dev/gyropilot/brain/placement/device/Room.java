package dev.gyropilot.brain.placement.device;

/**
 * What is free of a node's own devices; partitions of one set of counters are one device.
 *
 * @param devices how many there are
 * @param whole how many of them nobody uses
 * @param shares thousandths of a device that are free, together
 */
public record Room(int devices, int whole, int shares) {
    public static final Room NONE = new Room(0, 0, 0);

    Room plus(Room other) {
        return new Room(devices + other.devices, whole + other.whole, shares + other.shares);
    }

    Room minus(Room other) {
        return new Room(devices - other.devices, whole - other.whole, shares - other.shares);
    }
}
