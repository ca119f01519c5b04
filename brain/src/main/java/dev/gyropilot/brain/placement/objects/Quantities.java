package dev.gyropilot.brain.placement.objects;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Quantities as numbers: CPU in millicores, everything else in its base unit. */
final class Quantities {
    private static final BigDecimal MILLIS = BigDecimal.valueOf(1000);
    private static final BigDecimal LIMIT = BigDecimal.valueOf(Long.MAX_VALUE / 4);
    private static final int CACHE_LIMIT = 4096;

    /** The same few quantities are written on every pod. */
    private static final Map<Quantity, BigDecimal> PARSED = new ConcurrentHashMap<>();

    private Quantities() {}

    /** Exact, in the base unit. */
    static BigDecimal exact(Quantity quantity) {
        BigDecimal known = PARSED.get(quantity);
        if (known == null) {
            known = quantity.getNumericalAmount();
            if (PARSED.size() < CACHE_LIMIT) {
                PARSED.put(quantity, known);
            }
        }
        return known;
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
