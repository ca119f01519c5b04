package dev.gyropilot.node.pod;

import java.util.Map;

/** Kubernetes' expansion of {@code $(NAME)} in commands, arguments and variables. */
final class Expansion {
    private Expansion() {}

    /** Replaces each {@code $(NAME)} of a known name; {@code $$} stands for one dollar, and unknown names stay as they are. */
    static String expand(String text, Map<String, String> variables) {
        var result = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '$' || at + 1 == text.length()) {
                result.append(c);
                at++;
                continue;
            }
            char next = text.charAt(at + 1);
            int close = next == '(' ? text.indexOf(')', at + 2) : -1;
            if (next == '$') {
                result.append('$');
                at += 2;
            } else if (close >= 0) {
                String name = text.substring(at + 2, close);
                String value = variables.get(name);
                result.append(value == null ? "$(" + name + ")" : value);
                at = close + 1;
            } else {
                result.append(c).append(next);
                at += 2;
            }
        }
        return result.toString();
    }
}
