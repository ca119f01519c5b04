package dev.gyropilot.apiserver.builtin;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The forms that names, labels and ports must have; each rule gives what is wrong, in upstream's words. */
public final class NameRules {
    private static final int LABEL_MAX = 63;
    private static final int SUBDOMAIN_MAX = 253;
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
    private static final String DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final String QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String LABEL_VALUE = "(" + QUALIFIED + ")?";
    private static final String CONFIG_KEY = "[-._a-zA-Z0-9]+";
    private static final Pattern LABEL_FORM = Pattern.compile(LABEL);
    private static final Pattern SUBDOMAIN_FORM = Pattern.compile(SUBDOMAIN);
    private static final Pattern DNS_1035_FORM = Pattern.compile(DNS_1035);
    private static final Pattern QUALIFIED_FORM = Pattern.compile(QUALIFIED);
    private static final Pattern LABEL_VALUE_FORM = Pattern.compile(LABEL_VALUE);
    private static final Pattern CONFIG_KEY_FORM = Pattern.compile(CONFIG_KEY);
    private static final Pattern PORT_CHARACTERS = Pattern.compile("[-a-z0-9]+");
    private static final Pattern LETTER = Pattern.compile("[a-z]");

    private NameRules() {}

    public static List<String> label(String value) {
        return form(
                value,
                LABEL_MAX,
                LABEL_FORM,
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and"
                        + " end with an alphanumeric character",
                LABEL,
                "'my-name',  or '123-abc'");
    }

    public static List<String> subdomain(String value) {
        return form(
                value,
                SUBDOMAIN_MAX,
                SUBDOMAIN_FORM,
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
                        + " start and end with an alphanumeric character",
                SUBDOMAIN,
                "'example.com'");
    }

    public static List<String> dns1035(String value) {
        return form(
                value,
                LABEL_MAX,
                DNS_1035_FORM,
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
                        + " character, and end with an alphanumeric character",
                DNS_1035,
                "'my-name',  or 'abc-123'");
    }

    /** Names that only have to fit into a URL path, as those of roles. */
    public static List<String> pathSegment(String value) {
        if (value.equals(".") || value.equals("..")) {
            return List.of("may not be '" + value + "'");
        }
        List<String> wrong = new ArrayList<>();
        for (String part : List.of("/", "%")) {
            if (value.contains(part)) {
                wrong.add("may not contain '" + part + "'");
            }
        }
        return wrong;
    }

    /** Keys of labels and annotations: an optional subdomain, a slash, and a name. */
    public static List<String> qualified(String key) {
        int slash = key.indexOf('/');
        List<String> wrong = new ArrayList<>();
        String name = key.substring(slash + 1);
        if (slash == 0) {
            wrong.add("prefix part must be non-empty");
        } else if (slash > 0) {
            subdomain(key.substring(0, slash)).forEach(text -> wrong.add("prefix part " + text));
        }
        if (name.contains("/")) {
            return List.of("a qualified name "
                    + explain(
                            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
                                    + " alphanumeric character",
                            QUALIFIED,
                            "'MyName',  or 'my.name',  or '123-abc'")
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
        }
        if (name.isEmpty()) {
            wrong.add("name part must be non-empty");
        } else if (name.length() > LABEL_MAX) {
            wrong.add("name part must be no more than " + LABEL_MAX + " bytes");
        }
        if (!QUALIFIED_FORM.matcher(name).matches()) {
            wrong.add("name part "
                    + explain(
                            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
                                    + " alphanumeric character",
                            QUALIFIED,
                            "'MyName',  or 'my.name',  or '123-abc'"));
        }
        return wrong;
    }

    public static List<String> labelValue(String value) {
        return form(
                value,
                LABEL_MAX,
                LABEL_VALUE_FORM,
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
                        + " start and end with an alphanumeric character",
                "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
                "'MyValue',  or 'my_value',  or '12345'");
    }

    /** Keys of config maps and secrets. */
    public static List<String> configKey(String key) {
        List<String> wrong = new ArrayList<>();
        if (key.length() > SUBDOMAIN_MAX) {
            wrong.add("must be no more than " + SUBDOMAIN_MAX + " bytes");
        }
        if (!CONFIG_KEY_FORM.matcher(key).matches()) {
            wrong.add(explain(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                    CONFIG_KEY,
                    "'key.name',  or 'KEY_NAME',  or 'key-name'"));
        }
        if (key.equals(".") || key.equals("..")) {
            wrong.add("must not be '" + key + "'");
        } else if (key.startsWith("..")) {
            wrong.add("must not start with '..'");
        }
        return wrong;
    }

    /** Names of environment variables: any printable ASCII but the equals sign. */
    public static List<String> environment(String name) {
        boolean valid = !name.isEmpty() && name.chars().allMatch(c -> c >= ' ' && c <= '~' && c != '=');
        return valid
                ? List.of()
                : List.of("a valid environment variable name must consist only of printable ASCII characters other than"
                        + " '='");
    }

    /** Names of ports: at most 15 characters. */
    public static List<String> portName(String name) {
        List<String> wrong = new ArrayList<>();
        if (name.length() > 15) {
            wrong.add("must be no more than 15 characters");
        }
        if (!PORT_CHARACTERS.matcher(name).matches()) {
            wrong.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (!LETTER.matcher(name).find()) {
            wrong.add("must contain at least one letter (a-z)");
        }
        if (name.contains("--")) {
            wrong.add("must not contain consecutive hyphens");
        }
        if (name.startsWith("-") || name.endsWith("-")) {
            wrong.add("must not begin or end with a hyphen");
        }
        return wrong;
    }

    /** Anything goes. */
    public static List<String> any(String name) {
        return List.of();
    }

    private static List<String> form(
            String value, int max, Pattern pattern, String rule, String regex, String examples) {
        List<String> wrong = new ArrayList<>();
        if (value.length() > max) {
            wrong.add("must be no more than " + max + " bytes");
        }
        if (!pattern.matcher(value).matches()) {
            wrong.add(explain(rule, regex, examples));
        }
        return wrong;
    }

    private static String explain(String rule, String regex, String examples) {
        return rule + " (e.g. " + examples + ", regex used for validation is '" + regex + "')";
    }
}
