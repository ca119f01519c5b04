package dev.gyropilot.benchmarks;

import org.jspecify.annotations.Nullable;

/**
 * One figure.
 *
 * @param peer what it is compared with in the same run; null when there is nothing here to compare with
 * @param peerValue the peer's figure in the same unit
 */
public record Row(
        String name,
        double value,
        String unit,
        @Nullable String peer,
        @Nullable Double peerValue) {
    static Row alone(String name, double value, String unit) {
        return new Row(name, value, unit, null, null);
    }
}
