package dev.gyropilot.cli;

/**
 * What a check of a cluster found.
 *
 * @param remedy what to do about it; empty where nothing needs to be done
 */
record Finding(String check, Verdict verdict, String message, String remedy) {
    /** Whether it stands in the way. */
    enum Verdict {
        /** All is well. */
        GOOD,
        /** It works, but something is missing or could be better. */
        NOTE,
        /** It does not work like this. */
        BAD
    }

    static Finding good(String check, String message) {
        return new Finding(check, Verdict.GOOD, message, "");
    }

    static Finding note(String check, String message, String remedy) {
        return new Finding(check, Verdict.NOTE, message, remedy);
    }

    static Finding bad(String check, String message, String remedy) {
        return new Finding(check, Verdict.BAD, message, remedy);
    }
}
