package dev.gyropilot.node.process;

import java.util.OptionalLong;

/**
 * What a control group may use.
 *
 * @param cpuRequestMillis the share under contention, thousandths of a core
 * @param cpuLimitMillis the ceiling, thousandths of a core
 */
public record Limits(
        long cpuRequestMillis, OptionalLong cpuLimitMillis, OptionalLong memoryBytes, OptionalLong processes) {
    private static final long SHARES_PER_CORE = 1024;
    private static final long SHARES_LEAST = 2;
    private static final long SHARES_MOST = 262_144;
    private static final long PERIOD_MICROS = 100_000;
    private static final long QUOTA_LEAST_MICROS = 1_000;

    /** Version 1's {@code cpu.shares}. */
    String shares() {
        return Long.toString(cpuShares());
    }

    /** Version 2's {@code cpu.weight}: the same share on its scale of 1 to 10000. */
    String weight() {
        return Long.toString(1 + (cpuShares() - SHARES_LEAST) * 9_999 / (SHARES_MOST - SHARES_LEAST));
    }

    /** Version 1's {@code cpu.cfs_quota_us}; the period is the kernel's own 100 ms. */
    String quotaMicros() {
        return cpuLimitMillis.isPresent() ? Long.toString(quota()) : "-1";
    }

    /** Version 2's {@code cpu.max}. */
    String cpuMax() {
        return (cpuLimitMillis.isPresent() ? Long.toString(quota()) : "max") + " " + PERIOD_MICROS;
    }

    private long cpuShares() {
        return Math.clamp(cpuRequestMillis * SHARES_PER_CORE / 1000, SHARES_LEAST, SHARES_MOST);
    }

    private long quota() {
        return Math.max(QUOTA_LEAST_MICROS, cpuLimitMillis.orElseThrow() * PERIOD_MICROS / 1000);
    }
}
