package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.Functions.INT;
import static dev.gyropilot.api.cel.Functions.STRING;
import static dev.gyropilot.api.cel.Functions.STRINGS;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Regular expressions (RE2), and formatting with clauses such as {@code %s} and {@code %.3f}. */
final class TextFunctions {
    private static final int MAX_PRECISION = 1000;
    private static final int DEFAULT_PRECISION = 6;

    private TextFunctions() {}

    static void addTo(Functions functions) {
        functions.member("find", STRING, List.of(STRING, STRING), args -> find((String) args[0], (String) args[1]));
        functions.member(
                "findAll", STRINGS, List.of(STRING, STRING), args -> findAll((String) args[0], (String) args[1], -1));
        functions.member(
                "findAll",
                STRINGS,
                List.of(STRING, STRING, INT),
                args -> findAll((String) args[0], (String) args[1], (Long) args[2]));
        functions.member(
                "format",
                STRING,
                List.of(STRING, ListType.create(SimpleType.DYN)),
                args -> format((String) args[0], new ArrayList<>((Collection<?>) args[1])));
    }

    private static String find(String text, String expression) {
        Matcher matcher = Pattern.compile(expression).matcher(text);
        return matcher.find() ? matcher.group() : "";
    }

    private static List<String> findAll(String text, String expression, long limit) {
        Matcher matcher = Pattern.compile(expression).matcher(text);
        List<String> found = new ArrayList<>();
        while ((limit < 0 || found.size() < limit) && matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    private static String format(String template, List<Object> arguments) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        int at = 0;
        while (at < template.length()) {
            char c = template.charAt(at++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            if (at < template.length() && template.charAt(at) == '%') {
                out.append('%');
                at++;
                continue;
            }
            int precision = DEFAULT_PRECISION;
            if (at < template.length() && template.charAt(at) == '.') {
                int start = ++at;
                while (at < template.length() && Character.isDigit(template.charAt(at))) {
                    at++;
                }
                precision = at - start > 3 || at == start ? -1 : Integer.parseInt(template.substring(start, at));
            }
            if (at >= template.length() || precision < 0 || precision > MAX_PRECISION) {
                throw new IllegalArgumentException("could not parse formatting clause");
            }
            if (next >= arguments.size()) {
                throw new IllegalArgumentException("index " + next + " out of range");
            }
            out.append(clause(template.charAt(at++), precision, arguments.get(next++)));
        }
        return out.toString();
    }

    private static String clause(char clause, int precision, Object value) {
        return switch (clause) {
            case 's' -> text(value);
            case 'd' ->
                value instanceof Double number ? text(number) : integer(value).toString();
            case 'f' ->
                new BigDecimal(number(value))
                        .setScale(precision, RoundingMode.HALF_EVEN)
                        .toPlainString();
            case 'e' -> String.format(Locale.ROOT, "%." + precision + "e", number(value));
            case 'b' ->
                value instanceof Boolean flag
                        ? (flag ? "1" : "0")
                        : Long.toBinaryString(integer(value).longValue());
            case 'x' -> hex(value);
            case 'X' -> hex(value).toUpperCase(Locale.ROOT);
            case 'o' -> Long.toOctalString(integer(value).longValue());
            default -> throw new IllegalArgumentException("unrecognized formatting clause \"" + clause + "\"");
        };
    }

    private static Number integer(Object value) {
        if (value instanceof Number number && !(value instanceof Double)) {
            return number;
        }
        throw new IllegalArgumentException("only integers can be formatted so");
    }

    private static double number(Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException("only numbers can be formatted so");
    }

    private static String hex(Object value) {
        if (value instanceof String text) {
            StringBuilder hex = new StringBuilder();
            for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
                hex.append(String.format(Locale.ROOT, "%02x", b));
            }
            return hex.toString();
        }
        return Long.toHexString(integer(value).longValue());
    }

    private static String text(Object value) {
        return switch (value) {
            case Double number -> plain(number);
            case Collection<?> list -> {
                List<String> parts = new ArrayList<>();
                list.forEach(each -> parts.add(text(each)));
                yield "[" + String.join(", ", parts) + "]";
            }
            case Map<?, ?> map -> {
                TreeMap<String, String> sorted = new TreeMap<>();
                map.forEach((key, each) -> sorted.put(text(key), text(each)));
                List<String> parts = new ArrayList<>();
                sorted.forEach((key, each) -> parts.add(key + ": " + each));
                yield "{" + String.join(", ", parts) + "}";
            }
            case Duration duration -> plain(duration.toNanos() / 1e9) + "s";
            case Instant instant -> instant.toString();
            default -> value.toString();
        };
    }

    private static String plain(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        }
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
