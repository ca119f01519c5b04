package dev.gyropilot.apiserver.rest;

import java.util.Set;

/** The subresources that do something else than read and write their object. */
final class Subresources {
    /** Those whose answer may take as long as it likes. */
    static final Set<String> STREAMING = Set.of("log", "exec", "attach", "portforward");

    private Subresources() {}
}
