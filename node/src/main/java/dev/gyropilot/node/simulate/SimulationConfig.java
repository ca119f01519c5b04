package dev.gyropilot.node.simulate;

import java.time.Duration;

/**
 * How simulated pods behave.
 *
 * @param podRange the addresses of simulated pods; apart from those of a process node on the same machine
 * @param startLeast the shortest time from binding to running
 * @param startMost the longest
 * @param seed of the times in between
 */
public record SimulationConfig(String podRange, Duration startLeast, Duration startMost, long seed) {
    public static final SimulationConfig DEFAULT =
            new SimulationConfig("127.128.0.0/10", Duration.ofMillis(200), Duration.ofMillis(1200), 1);

    public SimulationConfig {
        if (startLeast.isNegative() || startMost.compareTo(startLeast) < 0) {
            throw new IllegalArgumentException("start times are " + startLeast + " to " + startMost
                    + "; give the shorter one first, not below zero");
        }
    }

    /** These settings with other addresses for pods. */
    public SimulationConfig withPodRange(String range) {
        return new SimulationConfig(range, startLeast, startMost, seed);
    }
}
