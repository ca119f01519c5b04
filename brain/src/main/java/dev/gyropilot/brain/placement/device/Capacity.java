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

        private boolean allows(BigDecimal amount) {
            if (preset.isPresent() && preset.get().compareTo(amount) == 0) {
                return true;
            }
            if (validRange.isPresent()) {
                Optional<BigDecimal> max = validRange.get().max();
                return max.isEmpty() || amount.compareTo(max.get()) <= 0;
            }
            return validValues.isEmpty() || validValues.stream().anyMatch(v -> v.compareTo(amount) == 0);
        }
    }

    /** From {@code min} in steps, if any, up to {@code max}, if any. */
    public record Range(BigDecimal min, Optional<BigDecimal> max, Optional<BigDecimal> step) {
        /** Steps are counted in whole numbers, each part rounded up to one, unless fractions are allowed. */
        private BigDecimal roundUp(BigDecimal amount, boolean fractions) {
            if (amount.compareTo(min) < 0) {
                return min;
            }
            if (step.isEmpty() || step.get().signum() <= 0) {
                return amount;
            }
            BigDecimal from = fractions ? min : whole(min);
            BigDecimal width = fractions ? step.get() : whole(step.get());
            BigDecimal above = (fractions ? amount : whole(amount)).subtract(from);
            return from.add(above.divide(width, 0, RoundingMode.CEILING).multiply(width));
        }

        private static BigDecimal whole(BigDecimal amount) {
            return amount.setScale(0, RoundingMode.CEILING);
        }
    }

    public static Capacity of(long value) {
        return new Capacity(BigDecimal.valueOf(value), Optional.empty());
    }

    /** What a request takes of this capacity when it is shared; empty when the policy or the value forbid it. */
    Optional<BigDecimal> consumption(Optional<BigDecimal> requested, boolean fractions) {
        BigDecimal amount = rounded(requested, fractions);
        boolean allowed = policy.isEmpty() || policy.get().allows(amount);
        return allowed && amount.compareTo(value) <= 0 ? Optional.of(amount) : Optional.empty();
    }

    private BigDecimal rounded(Optional<BigDecimal> requested, boolean fractions) {
        if (requested.isEmpty()) {
            return policy.flatMap(Policy::preset).orElse(value);
        }
        BigDecimal amount = requested.get();
        if (policy.isEmpty()) {
            return amount;
        }
        Policy rules = policy.get();
        if (rules.validRange().isPresent()) {
            return rules.validRange().get().roundUp(amount, fractions);
        }
        return rules.validValues().stream()
                .filter(v -> v.compareTo(amount) >= 0)
                .findFirst()
                .orElse(amount);
    }
}
