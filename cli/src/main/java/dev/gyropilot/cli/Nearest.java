package dev.gyropilot.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The nearest of some names to a misspelt one, by Levenshtein distance. */
final class Nearest {
    private static final int FARTHEST = 3;

    private Nearest() {}

    static Optional<String> of(String name, Collection<String> candidates) {
        return candidates.stream()
                .distinct()
                .filter(c -> distance(name, c) <= Math.min(FARTHEST, Math.max(1, name.length() / 2)))
                .min(Comparator.comparingInt(c -> distance(name, c)));
    }

    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(row[j - 1], previous[j]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
