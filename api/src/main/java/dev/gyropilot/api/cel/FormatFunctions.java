package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.CelValues.FORMAT;
import static dev.gyropilot.api.cel.Functions.STRING;
import static dev.gyropilot.api.cel.Functions.STRINGS;

import com.google.re2j.Pattern;
import dev.cel.common.types.OptionalType;
import dev.gyropilot.api.cel.CelValues.Format;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Named formats: {@code format.dns1123Label().validate(text)} gives none, or the reasons why not. */
final class FormatFunctions {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String LABEL_WORDS =
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with"
                    + " an alphanumeric character";
    private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
    private static final String SUBDOMAIN_WORDS =
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
                    + " end with an alphanumeric character";
    private static final String LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final String LABEL_1035_WORDS =
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and"
                    + " end with an alphanumeric character";
    private static final String NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String NAME_WORDS =
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
                    + " character";
    private static final String VALUE_WORDS =
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end"
                    + " with an alphanumeric character";

    /** Gives the reason why a text does not fit, or an empty one. */
    private static final Map<String, Function<String, String>> CHECKS = Map.ofEntries(
            Map.entry("dns1123Label", pattern(LABEL, 63, LABEL_WORDS)),
            Map.entry("dns1123Subdomain", pattern(SUBDOMAIN, 253, SUBDOMAIN_WORDS)),
            Map.entry("dns1035Label", pattern(LABEL_1035, 63, LABEL_1035_WORDS)),
            Map.entry("dns1123LabelPrefix", prefix(LABEL, 63, LABEL_WORDS)),
            Map.entry("dns1123SubdomainPrefix", prefix(SUBDOMAIN, 253, SUBDOMAIN_WORDS)),
            Map.entry("dns1035LabelPrefix", prefix(LABEL_1035, 63, LABEL_1035_WORDS)),
            Map.entry("qualifiedName", FormatFunctions::qualifiedName),
            Map.entry("labelValue", pattern("(" + NAME + ")?", 63, VALUE_WORDS)),
            Map.entry("uri", FormatFunctions::uri),
            Map.entry(
                    "uuid",
                    pattern(
                            "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
                            36, "does not match the UUID format")),
            Map.entry("byte", text -> attempt(() -> Base64.getDecoder().decode(text), "invalid base64")),
            Map.entry("date", text -> attempt(() -> LocalDate.parse(text), "invalid date")),
            Map.entry("datetime", text -> attempt(() -> OffsetDateTime.parse(text), "invalid datetime")));

    private static final int REGEX_SIZE = 30;
    private static final int LONG_REGEX_SIZE = 60;

    private FormatFunctions() {}

    /** How long the pattern behind a format is, for the cost of its checks. */
    static int regexSize(Format format) {
        return format.name().contains("ubdomain") || format.name().equals("qualifiedName")
                ? LONG_REGEX_SIZE
                : REGEX_SIZE;
    }

    static void addTo(Functions functions) {
        CHECKS.keySet()
                .forEach(name -> functions.global("format." + name, FORMAT, List.of(), args -> new Format(name)));
        functions.global(
                "format.named",
                OptionalType.create(FORMAT),
                List.of(STRING),
                args -> CHECKS.containsKey((String) args[0])
                        ? Optional.of(new Format((String) args[0]))
                        : Optional.empty());
        functions.member("validate", OptionalType.create(STRINGS), List.of(FORMAT, STRING), args -> {
            Function<String, String> check = CHECKS.get(((Format) args[0]).name());
            String reason = check == null ? "unknown format" : check.apply((String) args[1]);
            return reason.isEmpty() ? Optional.empty() : Optional.of(List.of(reason));
        });
    }

    private static Function<String, String> pattern(String regex, int max, String words) {
        Pattern pattern = Pattern.compile(regex);
        return text -> {
            if (text.length() > max) {
                return "must be no more than " + max + " characters";
            }
            return pattern.matches(text) ? "" : words;
        };
    }

    /** A prefix may also end in a dash, because something follows. */
    private static Function<String, String> prefix(String regex, int max, String words) {
        Function<String, String> whole = pattern(regex, max, words);
        return text -> whole.apply(text.endsWith("-") ? text.substring(0, text.length() - 1) + "a" : text);
    }

    private static String qualifiedName(String text) {
        int slash = text.indexOf('/');
        if (slash >= 0) {
            String domain =
                    pattern(SUBDOMAIN, 253, "prefix part " + SUBDOMAIN_WORDS).apply(text.substring(0, slash));
            if (!domain.isEmpty()) {
                return domain;
            }
        }
        return pattern(NAME, 63, NAME_WORDS).apply(text.substring(slash + 1));
    }

    private static String uri(String text) {
        try {
            boolean absolute = new URI(text).isAbsolute() || text.startsWith("/");
            return absolute ? "" : "invalid URI for request";
        } catch (URISyntaxException e) {
            return "invalid URI for request";
        }
    }

    private interface Attempt {
        Object run();
    }

    private static String attempt(Attempt attempt, String words) {
        try {
            attempt.run();
            return "";
        } catch (DateTimeException | IllegalArgumentException e) {
            return words;
        }
    }
}
