package dev.gyropilot.node.volume;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Replaces the paths at which a container expects its volumes by the real ones, because a process without a mount
 * namespace sees the machine's own files. A path counts where it stands by itself: not inside a longer name, and
 * followed by nothing, a slash or a separator.
 */
public final class PathRewrite {
    private record Rule(String from, String to) {}

    private final List<Rule> rules;

    /** @param places from the path in the container to the real one */
    public PathRewrite(Map<String, Path> places) {
        // The longest first, so that a mount inside another one wins.
        rules = places.entrySet().stream()
                .map(e -> new Rule(withoutEnd(e.getKey()), e.getValue().toString()))
                .filter(rule -> rule.from().length() > 1)
                .sorted(Comparator.comparingInt((Rule rule) -> rule.from().length())
                        .reversed())
                .toList();
    }

    /** The text with every such path replaced once. */
    public String apply(String text) {
        if (rules.isEmpty() || text.indexOf('/') < 0) {
            return text;
        }
        var result = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            Rule rule = text.charAt(at) == '/' && begins(text, at) ? match(text, at) : null;
            if (rule == null) {
                result.append(text.charAt(at++));
            } else {
                result.append(rule.to());
                at += rule.from().length();
            }
        }
        return result.toString();
    }

    private @org.jspecify.annotations.Nullable Rule match(String text, int at) {
        for (Rule rule : rules) {
            if (text.startsWith(rule.from(), at) && ends(text, at + rule.from().length())) {
                return rule;
            }
        }
        return null;
    }

    /** {@code file:///data} begins a path after two slashes, {@code host/data} and {@code ./data} do not. */
    private static boolean begins(String text, int at) {
        if (at == 0) {
            return true;
        }
        char before = text.charAt(at - 1);
        return before == '/' ? at >= 3 && text.startsWith("://", at - 3) : !partOfName(before);
    }

    private static boolean ends(String text, int at) {
        return at == text.length() || !partOfName(text.charAt(at));
    }

    private static boolean partOfName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '$' || c == '}';
    }

    private static String withoutEnd(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
