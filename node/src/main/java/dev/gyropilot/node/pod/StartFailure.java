package dev.gyropilot.node.pod;

import java.util.Objects;

/** A container could not be started; {@code reason} is what kubelets show for it. */
final class StartFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What went wrong, in kubelets' words. */
    enum Reason {
        ERR_IMAGE_PULL("ErrImagePull"),
        CONFIG_ERROR("CreateContainerConfigError"),
        RUN_ERROR("RunContainerError");

        final String word;

        Reason(String word) {
            this.word = word;
        }
    }

    final Reason reason;

    StartFailure(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What to tell the user. */
    String text() {
        return Objects.requireNonNullElse(getMessage(), reason.word);
    }
}
