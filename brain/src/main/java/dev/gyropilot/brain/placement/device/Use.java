package dev.gyropilot.brain.placement.device;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who uses a device: whole holders, and shares with what they consume together.
 *
 * @param consumed by capacity name, summed over all shares
 */
record Use(int holders, int shares, Map<String, BigDecimal> consumed) {
    static final Use NONE = new Use(0, 0, Map.of());

    /** This use with a result added ({@code sign} 1) or taken away (-1); null when nobody is left. */
    @Nullable
    Use with(ClaimAllocation.Result result, int sign) {
        if (result.shareId().isEmpty()) {
            return orNull(new Use(holders + sign, shares, consumed));
        }
        var sum = new HashMap<>(consumed);
        result.consumedCapacity()
                .forEach((name, amount) -> sum.merge(name, sign > 0 ? amount : amount.negate(), BigDecimal::add));
        return orNull(new Use(holders, shares + sign, Map.copyOf(sum)));
    }

    private static @Nullable Use orNull(Use use) {
        return use.holders <= 0 && use.shares <= 0 ? null : use;
    }
}
