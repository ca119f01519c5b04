package dev.gyropilot.apiserver.fields;

import java.util.List;

/** A value that does not fit its schema; the message is Kubernetes', with one line per finding when there are several. */
final class NotTyped extends RuntimeException {
    NotTyped(List<String> findings) {
        super(
                findings.size() == 1 ? findings.getFirst() : "errors:\n  " + String.join("\n  ", findings),
                null,
                false,
                false);
    }
}
