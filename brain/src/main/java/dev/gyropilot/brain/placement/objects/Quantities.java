package dev.gyropilot.brain.placement.objects;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Quantities as numbers: CPU in millicores, everything else in its base unit. */
final class Quantities {
    private static final BigDecimal MILLIS = BigDecimal.valueOf(1000);
    private static final BigDecimal LIMIT = BigDecimal.valueOf(Long.MAX_VALUE / 4);

    private Quantities() {}

    /** Exact, in the base unit. */
    static BigDecimal exact(Quantity quantity) {
        return quantity.getNumericalAmount();
    }

    /** What is asked for, rounded up. */
    static Map<String, Long> requests(@Nullable Map<String, Quantity> quantities) {
        return read(quantities, RoundingMode.CEILING);
    }

    /** What there is, rounded down. */
    static Map<String, Long> allocatable(@Nullable Map<String, Quantity> quantities) {
        return read(quantities, RoundingMode.FLOOR);
    }

    private static Map<String, Long> read(@Nullable Map<String, Quantity> quantities, RoundingMode rounding) {
        if (quantities == null || quantities.isEmpty()) {
            return Map.of();
        }
        var result = new HashMap<String, Long>();
        quantities.forEach((name, quantity) -> {
            BigDecimal amount = exact(quantity);
            BigDecimal scaled = name.equals("cpu") ? amount.multiply(MILLIS) : amount;
            result.put(name, scaled.setScale(0, rounding).min(LIMIT).longValue());
        });
        return result;
    }
}
