package dev.gyropilot.brain.placement.queue;

import java.math.BigDecimal;

/**
 * What work takes: devices (a partition or a share counts as its part of the device), CPU and memory.
 *
 * @param deviceMillis thousandths of a whole device
 */
public record Amount(long deviceMillis, long cpuMillis, long memoryBytes) {
    public static final Amount NONE = new Amount(0, 0, 0);

    /** No limit in any resource. */
    public static final Amount UNLIMITED = new Amount(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    static final int RESOURCES = 3;

    public Amount plus(Amount other) {
        return new Amount(
                sum(deviceMillis, other.deviceMillis),
                sum(cpuMillis, other.cpuMillis),
                sum(memoryBytes, other.memoryBytes));
    }

    public Amount times(long count) {
        return new Amount(product(deviceMillis, count), product(cpuMillis, count), product(memoryBytes, count));
    }

    /** Of two amounts that are not negative; no more than can be counted. */
    static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    /** Of two numbers that are not negative; no more than can be counted. */
    static long product(long a, long b) {
        return b != 0 && a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
    }

    long of(int resource) {
        return switch (resource) {
            case 0 -> deviceMillis;
            case 1 -> cpuMillis;
            default -> memoryBytes;
        };
    }

    /** The name of a resource's field in a Queue. */
    static String field(int resource) {
        return switch (resource) {
            case 0 -> "devices";
            case 1 -> "cpu";
            default -> "memoryGiB";
        };
    }

    /** An amount in the unit of a Queue's field, such as {@code 1.5}. */
    static String text(int resource, long amount) {
        BigDecimal value = resource < 2
                ? BigDecimal.valueOf(amount).movePointLeft(3)
                : BigDecimal.valueOf(amount >> 20).movePointLeft(0).divide(BigDecimal.valueOf(1024));
        String plain = value.stripTrailingZeros().toPlainString();
        return resource == 0
                ? plain + (plain.equals("1") ? " device" : " devices")
                : plain + (resource == 1 ? " cpu" : "Gi memory");
    }

    /** The number alone, as one writes it into the Queue. */
    static String number(int resource, long amount) {
        String text = text(resource, amount);
        return text.substring(0, text.indexOf(' ')).replace("Gi", "");
    }
}
