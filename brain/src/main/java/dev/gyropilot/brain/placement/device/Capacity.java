package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;

/**
 * How much of something a device has, and in which steps it may be given out.
 *
 * @param policy what a request is rounded to; absent: taken as it is
 */
public record Capacity(BigDecimal value, Optional<Policy> policy) {
    /**
     * A request policy: the amount for those who ask for none, and either valid values, ascending, or a range.
     *
     * @param preset the default; absent: the whole capacity
     */
    public record Policy(Optional<BigDecimal> preset, List<BigDecimal> validValues, Optional<Range> validRange) {
        public Policy {
            validValues = List.copyOf(validValues);
        }
    }

    /** From {@code min} in steps, if any, up to {@code max}, if any. */
    public record Range(BigDecimal min, Optional<BigDecimal> max, Optional<BigDecimal> step) {}

    public static Capacity of(long value) {
        return new Capacity(BigDecimal.valueOf(value), Optional.empty());
    }

    /** What a request takes of this capacity when it is shared; empty when the policy or the value forbid it. */
    Optional<BigDecimal> consumption(Optional<BigDecimal> requested) {
        if (requested.isEmpty()) {
            return Optional.of(policy.flatMap(Policy::preset).orElse(value));
        }
        BigDecimal amount = requested.get();
        if (policy.isPresent()) {
            Policy rules = policy.get();
            if (rules.validRange().isPresent()) {
                Range range = rules.validRange().get();
                amount = roundUp(amount, range);
                if (range.max().isPresent() && amount.compareTo(range.max().get()) > 0) {
                    return Optional.empty();
                }
            } else if (!rules.validValues().isEmpty()) {
                BigDecimal least = amount;
                Optional<BigDecimal> valid = rules.validValues().stream()
                        .filter(v -> v.compareTo(least) >= 0)
                        .findFirst();
                if (valid.isEmpty()) {
                    return Optional.empty();
                }
                amount = valid.get();
            }
        }
        return amount.compareTo(value) > 0 ? Optional.empty() : Optional.of(amount);
    }

    private static BigDecimal roundUp(BigDecimal amount, Range range) {
        if (amount.compareTo(range.min()) < 0) {
            return range.min();
        }
        if (range.step().isEmpty() || range.step().get().signum() <= 0) {
            return amount;
        }
        BigDecimal step = range.step().get();
        BigDecimal steps = amount.subtract(range.min()).divide(step, 0, RoundingMode.CEILING);
        return range.min().add(steps.multiply(step));
    }
}
