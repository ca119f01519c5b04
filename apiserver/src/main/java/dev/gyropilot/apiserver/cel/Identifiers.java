package dev.gyropilot.apiserver.cel;

import java.util.Set;

/** How property names that are no identifiers of the expression language are written in it. */
final class Identifiers {
    private static final Set<String> RESERVED = Set.of(
            "true",
            "false",
            "null",
            "in",
            "as",
            "break",
            "const",
            "continue",
            "else",
            "for",
            "function",
            "if",
            "import",
            "let",
            "loop",
            "package",
            "namespace",
            "return",
            "var",
            "void",
            "while");

    private Identifiers() {}

    /** Whether a field of this name may also be written as it is, after a dot. */
    static boolean reserved(String name) {
        return RESERVED.contains(name);
    }

    /** {@code a-b} becomes {@code a__dash__b}, {@code namespace} becomes {@code __namespace__}. */
    static String escape(String name) {
        if (RESERVED.contains(name)) {
            return "__" + name + "__";
        }
        return name.replace("__", "__underscores__")
                .replace(".", "__dot__")
                .replace("-", "__dash__")
                .replace("/", "__slash__");
    }
}
