package dev.gyropilot.apiserver.schema;

import com.google.re2j.Pattern;
import dev.gyropilot.api.IpText;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/** The string formats that schemas of custom resources may name; all others are ignored. */
final class Formats {
    private static final int MAX_HOST = 255;
    private static final int MAX_LABEL = 63;
    private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern HOSTNAME = Pattern.compile(
            "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$");
    private static final Pattern DURATION_PART =
            Pattern.compile("[+-]?(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+|[+-]?0");
    private static final Pattern SCALA_DURATION = Pattern.compile(
            "[0-9]+(\\.[0-9]+)?\\s*(ns|nano|nanos|nanosecond|nanoseconds|us|µs|micro|micros|microsecond|microseconds|ms|milli|millis|millisecond|milliseconds|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days|w|week|weeks)");
    private static final java.util.regex.Pattern EMAIL =
            java.util.regex.Pattern.compile("(?:[^<>\"]*<)?[^\\s<>@\"]{1,64}@[^\\s<>@\"]{1,255}>?");

    private static final Map<String, Predicate<String>> KNOWN = Map.ofEntries(
            Map.entry("bsonobjectid", matches("[0-9a-fA-F]{24}")),
            Map.entry("uri", Formats::uri),
            Map.entry("email", text -> EMAIL.matcher(text).matches()),
            Map.entry("hostname", Formats::hostname),
            Map.entry("ipv4", text -> text.contains(".") && IpText.parse(text, true) != null),
            Map.entry("ipv6", text -> text.contains(":") && IpText.parse(text, true) != null),
            Map.entry("cidr", Formats::cidr),
            Map.entry(
                    "mac",
                    matches(
                            "(?i)([0-9a-f]{2}[:-]){5}([0-9a-f]{2}[:-][0-9a-f]{2}[:-])?[0-9a-f]{2}|([0-9a-f]{4}\\.){2,3}[0-9a-f]{4}")),
            Map.entry("uuid", uuid("[0-9a-f]", "[0-9a-f]")),
            Map.entry("uuid3", uuid("3", "[0-9a-f]")),
            Map.entry("uuid4", uuid("4", "[89ab]")),
            Map.entry("uuid5", uuid("5", "[89ab]")),
            Map.entry("isbn", text -> isbn10(text) || isbn13(text)),
            Map.entry("isbn10", Formats::isbn10),
            Map.entry("isbn13", Formats::isbn13),
            Map.entry("creditcard", Formats::creditCard),
            Map.entry("ssn", matches("\\d{3}[- ]?\\d{2}[- ]?\\d{4}")),
            Map.entry("hexcolor", matches("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")),
            Map.entry(
                    "rgbcolor",
                    matches(
                            "rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)")),
            Map.entry("byte", Formats::base64),
            Map.entry("password", text -> true),
            Map.entry("date", Formats::date),
            Map.entry("duration", text -> DURATION_PART.matches(text) || SCALA_DURATION.matches(text.strip())),
            Map.entry("datetime", Formats::dateTime),
            Map.entry(
                    "k8sshortname",
                    text -> text.length() <= MAX_LABEL && matches(DNS_LABEL).test(text)),
            Map.entry(
                    "k8slongname",
                    text -> text.length() <= 253
                            && matches(DNS_LABEL + "(\\." + DNS_LABEL + ")*").test(text)));

    private Formats() {}

    /** The check of a format; null when there is none of this name. */
    static @Nullable Predicate<String> check(String format) {
        return KNOWN.get(format.replace("-", ""));
    }

    private static Predicate<String> matches(String regex) {
        Pattern pattern = Pattern.compile(regex);
        return pattern::matches;
    }

    private static Predicate<String> uuid(String version, String variant) {
        return matches(
                "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?" + version + "[0-9a-f]{3}-?" + variant + "[0-9a-f]{3}-?[0-9a-f]{12}");
    }

    private static boolean uri(String text) {
        if (text.isEmpty()) {
            return false;
        }
        try {
            URI uri = new URI(text);
            return uri.isAbsolute() || text.startsWith("/");
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean hostname(String text) {
        if (text.length() > MAX_HOST || !HOSTNAME.matches(text)) {
            return false;
        }
        for (String label : text.split("\\.", -1)) {
            if (label.length() > MAX_LABEL) {
                return false;
            }
        }
        return true;
    }

    private static boolean cidr(String text) {
        int slash = text.indexOf('/');
        byte[] address = slash < 0 ? null : IpText.parse(text.substring(0, slash), true);
        if (address == null) {
            return false;
        }
        String bits = text.substring(slash + 1);
        return Pattern.matches("[0-9]{1,3}", bits) && Integer.parseInt(bits) <= address.length * 8;
    }

    private static boolean base64(String text) {
        try {
            Base64.getDecoder().decode(text);
            return text.length() % 4 == 0 && !text.isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean date(String text) {
        try {
            LocalDate.parse(text);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean dateTime(String text) {
        try {
            OffsetDateTime.parse(text.toUpperCase(Locale.ROOT));
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isbn10(String text) {
        String digits = text.replaceAll("[\\s-]+", "");
        if (!Pattern.matches("[0-9]{9}[0-9X]", digits)) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < 10; i++) {
            char c = digits.charAt(i);
            sum += (i + 1) * (c == 'X' ? 10 : c - '0');
        }
        return sum % 11 == 0;
    }

    private static boolean isbn13(String text) {
        String digits = text.replaceAll("[\\s-]+", "");
        if (!Pattern.matches("[0-9]{13}", digits)) {
            return false;
        }
        int sum = 0;
        for (int i = 0; i < 13; i++) {
            sum += (i % 2 == 0 ? 1 : 3) * (digits.charAt(i) - '0');
        }
        return sum % 10 == 0;
    }

    /** A known prefix and a right Luhn digit. */
    private static boolean creditCard(String text) {
        Matcher digits = java.util.regex.Pattern.compile("[^0-9]+").matcher(text);
        String number = digits.replaceAll("");
        if (!Pattern.matches(
                "4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35\\d{3})\\d{11}",
                number)) {
            return false;
        }
        int sum = 0;
        boolean twice = false;
        for (int i = number.length() - 1; i >= 0; i--) {
            int digit = number.charAt(i) - '0';
            int value = twice ? digit * 2 : digit;
            sum += value > 9 ? value - 9 : value;
            twice = !twice;
        }
        return sum % 10 == 0;
    }
}
