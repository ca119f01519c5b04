package dev.gyropilot.apiserver.builtin;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Whether a cron schedule can be understood; when it is due is the controller's matter. */
final class CronSchedules {
    private static final Set<String> NAMED =
            Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");
    private static final Pattern EVERY = Pattern.compile("@every ([0-9.]+(ns|us|µs|ms|s|m|h))+");
    private static final List<String> RANGES = List.of("0-59", "0-23", "1-31", "1-12", "0-6");
    private static final Pattern PART =
            Pattern.compile("(\\*|\\?|[0-9]{1,2}|[A-Za-z]{3})(-([0-9]{1,2}|[A-Za-z]{3}))?(/[0-9]{1,2})?");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,2}");

    private CronSchedules() {}

    /** What is wrong with the schedule, or empty. */
    static Optional<String> problem(String schedule) {
        if (schedule.startsWith("@")) {
            boolean known = NAMED.contains(schedule) || EVERY.matcher(schedule).matches();
            return known ? Optional.empty() : Optional.of("unrecognized descriptor: " + schedule);
        }
        if (schedule.contains("TZ=")) {
            return Optional.of("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        List<String> fields = List.of(schedule.strip().split("\\s+"));
        if (fields.size() != RANGES.size()) {
            return Optional.of(
                    "expected exactly 5 fields, found " + fields.size() + ": [" + String.join(" ", fields) + "]");
        }
        for (int i = 0; i < RANGES.size(); i++) {
            for (String part : fields.get(i).split(",", -1)) {
                if (!PART.matcher(part).matches() || outside(part, RANGES.get(i))) {
                    return Optional.of(
                            "cannot understand \"" + part + "\" in \"" + schedule + "\": want " + RANGES.get(i));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean outside(String part, String range) {
        int low = Integer.parseInt(range.substring(0, 1));
        int high = Integer.parseInt(range.substring(2));
        return NUMBER.matcher(part.split("/")[0])
                .results()
                .mapToInt(match -> Integer.parseInt(match.group()))
                .anyMatch(value -> value < low || value > high);
    }
}
