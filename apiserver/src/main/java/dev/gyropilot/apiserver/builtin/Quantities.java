package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quantities such as {@code 100m}, {@code 1Gi} and {@code 1e3}: their value and their canonical text. */
public final class Quantities {
    // The digits are bounded so that no request can ask for work on a number of a million digits.
    private static final Pattern FORM = Pattern.compile(
            "([+-]?(?:\\d{1,40}(?:\\.\\d{0,40})?|\\.\\d{1,40}))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\\d{1,2})?");
    private static final String DECIMAL = "num kMGTPE";
    private static final String BINARY = " KMGTPE";
    private static final BigInteger KIBI = BigInteger.valueOf(1024);
    private static final BigInteger KILO = BigInteger.valueOf(1000);
    private static final int NANO_DIGITS = 9;

    private Quantities() {}

    private enum Format {
        DECIMAL_SI,
        BINARY_SI,
        EXPONENT
    }

    private record Parsed(BigDecimal value, Format format) {}

    /** The value, or empty where the text is no quantity. Finer parts than nano are rounded up, as upstream does. */
    public static Optional<BigDecimal> value(JsonNode quantity) {
        return parse(quantity.asText()).map(Parsed::value);
    }

    /** The value, zero where the text is no quantity or absent. */
    public static BigDecimal valueOrZero(JsonNode quantity) {
        return value(quantity).orElse(BigDecimal.ZERO);
    }

    /** The text that Kubernetes would print, or empty where it is no quantity. */
    public static Optional<String> canonical(String text) {
        return parse(text).map(Quantities::print);
    }

    /** The canonical text of a sum or the like, in the form that fits amounts of {@code like}. */
    public static String print(BigDecimal value, String like) {
        return print(new Parsed(value, parse(like).map(Parsed::format).orElse(Format.DECIMAL_SI)));
    }

    private static Optional<Parsed> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        BigDecimal number = new BigDecimal(matcher.group(1).endsWith(".") ? matcher.group(1) + "0" : matcher.group(1));
        String suffix = matcher.group(2) == null ? "" : matcher.group(2);
        Format format;
        if (suffix.endsWith("i")) {
            number = number.multiply(new BigDecimal(KIBI.pow(BINARY.indexOf(suffix.charAt(0)))));
            format = Format.BINARY_SI;
        } else if (suffix.length() > 1) {
            number = number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
            format = Format.EXPONENT;
        } else {
            int power = suffix.isEmpty() ? 0 : DECIMAL.indexOf(suffix.charAt(0)) - 3;
            number = number.scaleByPowerOfTen(3 * power);
            format = Format.DECIMAL_SI;
        }
        if (number.scale() > NANO_DIGITS) {
            number = number.setScale(NANO_DIGITS, number.signum() < 0 ? RoundingMode.FLOOR : RoundingMode.CEILING);
        }
        return Optional.of(new Parsed(number, format));
    }

    private static String print(Parsed quantity) {
        BigDecimal value = quantity.value();
        if (value.signum() == 0) {
            return "0";
        }
        boolean small = value.abs().compareTo(new BigDecimal(KIBI)) < 0;
        if (quantity.format() == Format.BINARY_SI && !small) {
            BigInteger whole = value.setScale(0, RoundingMode.CEILING).toBigIntegerExact();
            int power = 0;
            while (power < BINARY.length() - 1 && whole.mod(KIBI).signum() == 0) {
                whole = whole.divide(KIBI);
                power++;
            }
            return whole + (power == 0 ? "" : BINARY.charAt(power) + "i");
        }
        return printDecimal(value, quantity.format() == Format.EXPONENT);
    }

    private static String printDecimal(BigDecimal value, boolean exponent) {
        int power = 0;
        BigDecimal scaled = value;
        while (scaled.stripTrailingZeros().scale() > 0) {
            scaled = scaled.scaleByPowerOfTen(3);
            power--;
        }
        BigInteger whole = scaled.toBigIntegerExact();
        while (power < DECIMAL.length() - 4 && whole.mod(KILO).signum() == 0) {
            whole = whole.divide(KILO);
            power++;
        }
        if (power == 0) {
            return whole.toString();
        }
        return exponent ? whole + "e" + 3 * power : whole.toString() + DECIMAL.charAt(power + 3);
    }
}
