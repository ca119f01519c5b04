package dev.gyropilot.node.pod;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateTerminatedBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** How one run of a container ended. */
public record Termination(
        int exitCode, String reason, String message, Instant startedAt, Instant finishedAt, String containerId) {
    private static final int SIGNAL_BASE = 128;
    private static final int SIGNAL_LAST = 64;

    ContainerStateTerminated toState() {
        int signal = exitCode - SIGNAL_BASE;
        return new ContainerStateTerminatedBuilder()
                .withExitCode(exitCode)
                .withSignal(signal > 0 && signal <= SIGNAL_LAST && reason.equals("Error") ? (Integer) signal : null)
                .withReason(reason)
                .withMessage(message.isEmpty() ? null : message)
                .withStartedAt(startedAt.truncatedTo(ChronoUnit.SECONDS).toString())
                .withFinishedAt(finishedAt.truncatedTo(ChronoUnit.SECONDS).toString())
                .withContainerID(containerId)
                .build();
    }
}
