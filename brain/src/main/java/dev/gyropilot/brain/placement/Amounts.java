package dev.gyropilot.brain.placement;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;

/** Amounts of resources as people read them: two digits, rounded up, so that what is named suffices. */
final class Amounts {
    private static final Set<String> BYTES = Set.of("memory", "ephemeral-storage");
    private static final List<String> UNITS = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
    private static final BigDecimal STEP = BigDecimal.valueOf(1024);
    private static final BigDecimal MILLIS = BigDecimal.valueOf(1000);
    private static final MathContext TWO_DIGITS = new MathContext(2, RoundingMode.CEILING);

    private Amounts() {}

    /** @param amount millicores of CPU, bytes, or a count */
    static String text(String resource, long amount) {
        BigDecimal value = BigDecimal.valueOf(amount);
        if (resource.equals("cpu")) {
            BigDecimal rounded = value.round(TWO_DIGITS);
            return amount < 1000 ? plain(rounded) + "m" : plain(rounded.divide(MILLIS));
        }
        return BYTES.contains(resource) || resource.startsWith("hugepages-") ? bytes(value) : plain(value);
    }

    private static String bytes(BigDecimal value) {
        BigDecimal scaled = value;
        int unit = 0;
        while (scaled.compareTo(STEP) >= 0 && unit < UNITS.size() - 1) {
            scaled = scaled.divide(STEP);
            unit++;
        }
        // Above 99 two digits would hide too much: 130Mi is not 200Mi.
        BigDecimal rounded = scaled.compareTo(BigDecimal.valueOf(100)) < 0
                ? scaled.round(TWO_DIGITS)
                : scaled.setScale(0, RoundingMode.CEILING);
        return plain(rounded) + UNITS.get(unit);
    }

    private static String plain(BigDecimal value) {
        return value.stripTrailingZeros().toPlainString();
    }
}
