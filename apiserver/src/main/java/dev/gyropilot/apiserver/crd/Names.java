package dev.gyropilot.apiserver.crd;

import com.google.re2j.Pattern;

/** Kubernetes' rules for names, with its words for names that break them; empty when all is well. */
final class Names {
    private static final int MAX_LABEL = 63;
    private static final int MAX_SUBDOMAIN = 253;
    private static final Pattern LABEL_1035 = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");
    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private Names() {}

    static String label(String name) {
        if (name.length() > MAX_LABEL) {
            return "must be no more than 63 characters";
        }
        return LABEL_1035.matches(name)
                ? ""
                : "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
                        + " character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for"
                        + " validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    }

    static String subdomain(String name) {
        if (name.length() > MAX_SUBDOMAIN) {
            return "must be no more than 253 characters";
        }
        return SUBDOMAIN.matches(name)
                ? ""
                : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
                        + " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
                        + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    }
}
