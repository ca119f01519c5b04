package dev.gyropilot.gateway;

import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads single gauges out of Prometheus text. Several series of one name are ranks or models of one replica. */
final class LoadPage {
    private LoadPage() {}

    /** The sum over all series of this name; 0 if there is none. */
    static double sum(String page, @Nullable String name) {
        return fold(page, name, Double::sum);
    }

    /** The largest of all series of this name; 0 if there is none. */
    static double max(String page, @Nullable String name) {
        return fold(page, name, Math::max);
    }

    private static double fold(String page, @Nullable String name, DoubleBinaryOperator operator) {
        if (name == null) {
            return 0;
        }
        double folded = 0;
        int at = 0;
        while (at < page.length()) {
            int end = page.indexOf('\n', at);
            end = end < 0 ? page.length() : end;
            if (page.startsWith(name, at)) {
                folded = operator.applyAsDouble(folded, value(page, at + name.length(), end));
            }
            at = end + 1;
        }
        return folded;
    }

    /** The value of a line whose name ends at {@code from}; 0 if the name goes on or the value is no finite number. */
    private static double value(String page, int from, int end) {
        int at = from;
        if (at < end && page.charAt(at) == '{') {
            // Label values may hold braces and blanks: the last brace ends them.
            at = page.lastIndexOf('}', end - 1) + 1;
        }
        if (at <= 0 || at >= end || page.charAt(at) != ' ') {
            return 0;
        }
        String rest = page.substring(at, end).strip();
        int timestamp = rest.indexOf(' ');
        try {
            double value = Double.parseDouble(timestamp < 0 ? rest : rest.substring(0, timestamp));
            return Double.isFinite(value) && value > 0 ? value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
