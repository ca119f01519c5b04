package dev.gyropilot.apiserver.auth;

/** Decides whether a request is allowed. */
public interface Authorizer {
    Verdict authorize(Attributes attributes);

    /** @param reason why, for humans; may be empty when allowed */
    record Verdict(boolean allowed, String reason) {}
}
