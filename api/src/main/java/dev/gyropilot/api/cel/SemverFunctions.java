package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.CelValues.SEMVER;
import static dev.gyropilot.api.cel.Functions.BOOL;
import static dev.gyropilot.api.cel.Functions.INT;
import static dev.gyropilot.api.cel.Functions.STRING;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.gyropilot.api.cel.CelValues.Semver;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Semantic versions (semver.org, 2.0.0). */
final class SemverFunctions {
    private static final int MAX_LENGTH = 256;
    private static final String NUMBER = "(0|[1-9][0-9]*)";
    private static final Pattern TEXT = Pattern.compile(NUMBER + "\\." + NUMBER + "\\." + NUMBER
            + "(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
            + "(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?");
    private static final Pattern CORE = Pattern.compile("v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(.*)");

    private SemverFunctions() {}

    static void addTo(Functions functions) {
        functions.global("semver", SEMVER, List.of(STRING), args -> semver((String) args[0], false));
        functions.global("semver", SEMVER, List.of(STRING, BOOL), args -> semver((String) args[0], (Boolean) args[1]));
        functions.global("isSemver", BOOL, List.of(STRING), args -> parse((String) args[0], false) != null);
        functions.global(
                "isSemver", BOOL, List.of(STRING, BOOL), args -> parse((String) args[0], (Boolean) args[1]) != null);
        functions.member(
                "major",
                INT,
                List.of(SEMVER),
                args -> ((Semver) args[0]).major().longValueExact());
        functions.member(
                "minor",
                INT,
                List.of(SEMVER),
                args -> ((Semver) args[0]).minor().longValueExact());
        functions.member(
                "patch",
                INT,
                List.of(SEMVER),
                args -> ((Semver) args[0]).patch().longValueExact());
        functions.member("isGreaterThan", BOOL, List.of(SEMVER, SEMVER), args -> order(args) > 0);
        functions.member("isLessThan", BOOL, List.of(SEMVER, SEMVER), args -> order(args) < 0);
        functions.member("compareTo", INT, List.of(SEMVER, SEMVER), args -> (long) Integer.signum(order(args)));
    }

    private static int order(Object[] args) {
        return ((Semver) args[0]).compareTo((Semver) args[1]);
    }

    static Semver semver(String text, boolean normalize) {
        Semver semver = parse(text, normalize);
        if (semver == null) {
            throw new IllegalArgumentException("\"" + text + "\" is no semantic version");
        }
        return semver;
    }

    private static @Nullable Semver parse(String text, boolean normalize) {
        if (text.length() > MAX_LENGTH) {
            return null;
        }
        Matcher matcher = TEXT.matcher(normalize ? normalized(text) : text);
        if (!matcher.matches()) {
            return null;
        }
        String prerelease = matcher.group(4);
        BigInteger major = new BigInteger(matcher.group(1));
        BigInteger minor = new BigInteger(matcher.group(2));
        BigInteger patch = new BigInteger(matcher.group(3));
        if (major.max(minor).max(patch).bitLength() > Long.SIZE) {
            return null;
        }
        return new Semver(major, minor, patch, prerelease == null ? List.of() : List.of(prerelease.split("\\.")));
    }

    /** Without a leading v and leading zeros, with all three numbers; what follows them needs all three. */
    private static String normalized(String text) {
        Matcher core = CORE.matcher(text);
        if (!core.matches() || (core.group(3) == null && !core.group(4).isEmpty())) {
            return text;
        }
        return number(core.group(1)) + "." + number(core.group(2)) + "." + number(core.group(3)) + core.group(4);
    }

    private static String number(@Nullable String digits) {
        return digits == null ? "0" : new BigInteger(digits).toString();
    }
}
