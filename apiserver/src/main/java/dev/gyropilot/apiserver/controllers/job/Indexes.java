package dev.gyropilot.apiserver.controllers.job;

import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Sets of completion indexes in their compressed form: {@code 0-2,5}. */
final class Indexes {
    private Indexes() {}

    static SortedSet<Integer> parse(String text) {
        var indexes = new TreeSet<Integer>();
        for (String part : text.split(",")) {
            if (!part.isBlank()) {
                int dash = part.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
                int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
                for (int i = first; i <= last; i++) {
                    indexes.add(i);
                }
            }
        }
        return indexes;
    }

    static String format(SortedSet<Integer> indexes) {
        var text = new StringBuilder();
        Integer first = null;
        Integer last = null;
        for (Integer index : indexes) {
            if (last != null && index == last + 1) {
                last = index;
                continue;
            }
            append(text, first, last);
            first = index;
            last = index;
        }
        append(text, first, last);
        return text.toString();
    }

    private static void append(StringBuilder text, @Nullable Integer first, @Nullable Integer last) {
        if (first == null || last == null) {
            return;
        }
        if (!text.isEmpty()) {
            text.append(',');
        }
        text.append(first);
        if (last > first) {
            text.append(last == first + 1 ? ',' : '-').append(last);
        }
    }
}
