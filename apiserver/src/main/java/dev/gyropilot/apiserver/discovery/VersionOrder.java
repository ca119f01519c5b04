package dev.gyropilot.apiserver.discovery;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order of API versions by stability and number: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name. */
final class VersionOrder {
    private static final Pattern FORM = Pattern.compile("v(\\d{1,9})(?:(alpha|beta)(\\d{1,9}))?");

    static final Comparator<String> NEWEST_FIRST = Comparator.<String>comparingInt(VersionOrder::stability)
            .thenComparingInt(version -> number(version, 1))
            .thenComparingInt(version -> number(version, 3))
            .reversed()
            .thenComparing(Comparator.naturalOrder());

    private static int stability(String version) {
        Matcher matcher = FORM.matcher(version);
        if (!matcher.matches()) {
            return 0;
        }
        String stage = matcher.group(2);
        return stage == null ? 3 : stage.equals("beta") ? 2 : 1;
    }

    private static int number(String version, int group) {
        Matcher matcher = FORM.matcher(version);
        return matcher.matches() && matcher.group(group) != null ? Integer.parseInt(matcher.group(group)) : 0;
    }

    private VersionOrder() {}
}
