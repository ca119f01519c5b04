package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.CelValues.QUANTITY;
import static dev.gyropilot.api.cel.Functions.BOOL;
import static dev.gyropilot.api.cel.Functions.DOUBLE;
import static dev.gyropilot.api.cel.Functions.INT;
import static dev.gyropilot.api.cel.Functions.STRING;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.gyropilot.api.cel.CelValues.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kubernetes' quantities such as {@code 1.5Gi} and {@code 200m}. */
final class QuantityFunctions {
    private static final Pattern TEXT =
            Pattern.compile("([+-]?[0-9]*\\.?[0-9]*)(?:([eE][+-]?[0-9]{1,4})|(n|u|m|k|[KMGTPE]i|[MGTPE])|)");
    private static final Map<String, BigDecimal> SCALES = Map.ofEntries(
            Map.entry("n", new BigDecimal("1e-9")),
            Map.entry("u", new BigDecimal("1e-6")),
            Map.entry("m", new BigDecimal("1e-3")),
            Map.entry("k", new BigDecimal("1e3")),
            Map.entry("M", new BigDecimal("1e6")),
            Map.entry("G", new BigDecimal("1e9")),
            Map.entry("T", new BigDecimal("1e12")),
            Map.entry("P", new BigDecimal("1e15")),
            Map.entry("E", new BigDecimal("1e18")),
            Map.entry("Ki", binary(10)),
            Map.entry("Mi", binary(20)),
            Map.entry("Gi", binary(30)),
            Map.entry("Ti", binary(40)),
            Map.entry("Pi", binary(50)),
            Map.entry("Ei", binary(60)));

    private static final int NANO_DIGITS = 9;

    private QuantityFunctions() {}

    private static BigDecimal binary(int power) {
        return BigDecimal.TWO.pow(power);
    }

    static void addTo(Functions functions) {
        functions.global("quantity", QUANTITY, List.of(STRING), args -> {
            Quantity quantity = parse((String) args[0]);
            if (quantity == null) {
                throw new IllegalArgumentException("quantities must match the regular expression"
                        + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', not \"" + args[0] + "\"");
            }
            return quantity;
        });
        functions.global("isQuantity", BOOL, List.of(STRING), args -> parse((String) args[0]) != null);
        functions.member(
                "sign", INT, List.of(QUANTITY), args -> (long) amount(args[0]).signum());
        functions.global(
                "sign", INT, List.of(QUANTITY), args -> (long) amount(args[0]).signum());
        functions.member("isInteger", BOOL, List.of(QUANTITY), args -> whole(amount(args[0])));
        functions.member("asInteger", INT, List.of(QUANTITY), args -> {
            if (!whole(amount(args[0]))) {
                throw new IllegalArgumentException("cannot convert value to integer");
            }
            return amount(args[0]).longValueExact();
        });
        functions.member(
                "asApproximateFloat",
                DOUBLE,
                List.of(QUANTITY),
                args -> amount(args[0]).doubleValue());
        functions.member(
                "add",
                QUANTITY,
                List.of(QUANTITY, QUANTITY),
                args -> new Quantity(amount(args[0]).add(amount(args[1]))));
        functions.member(
                "add",
                QUANTITY,
                List.of(QUANTITY, INT),
                args -> new Quantity(amount(args[0]).add(BigDecimal.valueOf((Long) args[1]))));
        functions.member(
                "sub",
                QUANTITY,
                List.of(QUANTITY, QUANTITY),
                args -> new Quantity(amount(args[0]).subtract(amount(args[1]))));
        functions.member(
                "sub",
                QUANTITY,
                List.of(QUANTITY, INT),
                args -> new Quantity(amount(args[0]).subtract(BigDecimal.valueOf((Long) args[1]))));
        functions.member("isGreaterThan", BOOL, List.of(QUANTITY, QUANTITY), args -> order(args) > 0);
        functions.member("isLessThan", BOOL, List.of(QUANTITY, QUANTITY), args -> order(args) < 0);
        functions.member("compareTo", INT, List.of(QUANTITY, QUANTITY), args -> (long) order(args));
    }

    /** Missing digits count as zero, as Kubernetes has it. What is finer than a nano is rounded away from zero. */
    static @Nullable Quantity parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (text.isEmpty() || !matcher.matches()) {
            return null;
        }
        BigDecimal number = number(matcher.group(1));
        String exponent = matcher.group(2);
        String suffix = matcher.group(3);
        if (exponent != null) {
            number = number.scaleByPowerOfTen(Integer.parseInt(exponent.substring(1)));
        } else if (suffix != null) {
            BigDecimal scale = SCALES.get(suffix);
            if (scale == null) {
                return null;
            }
            number = number.multiply(scale);
        }
        return new Quantity(number.scale() > NANO_DIGITS ? number.setScale(NANO_DIGITS, RoundingMode.UP) : number);
    }

    private static BigDecimal number(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        String padded = (digits.startsWith(".") ? "0" : "") + digits + (digits.endsWith(".") ? "0" : "");
        BigDecimal number = padded.isEmpty() ? BigDecimal.ZERO : new BigDecimal(padded);
        return negative ? number.negate() : number;
    }

    private static BigDecimal amount(Object value) {
        return ((Quantity) value).amount();
    }

    private static boolean whole(BigDecimal amount) {
        BigDecimal plain = amount.stripTrailingZeros();
        return plain.scale() <= 0 && plain.toBigInteger().bitLength() < Long.SIZE;
    }

    private static int order(Object[] args) {
        return amount(args[0]).compareTo(amount(args[1]));
    }
}
