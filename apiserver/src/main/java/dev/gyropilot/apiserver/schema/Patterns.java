package dev.gyropilot.apiserver.schema;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Compiled regular expressions of schemas. RE2: time linear in the text, whatever the expression. */
final class Patterns {
    private static final int KEPT = 2_000;

    private static final Map<String, Pattern> CACHE = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Pattern> eldest) {
            return size() > KEPT;
        }
    };

    private Patterns() {}

    /**
     * Compiles, or finds what it compiled before.
     *
     * @throws PatternSyntaxException for what is no expression
     */
    static Pattern of(String expression) {
        synchronized (CACHE) {
            Pattern known = CACHE.get(expression);
            if (known != null) {
                return known;
            }
        }
        Pattern made = Pattern.compile(expression);
        synchronized (CACHE) {
            CACHE.put(expression, made);
        }
        return made;
    }
}
