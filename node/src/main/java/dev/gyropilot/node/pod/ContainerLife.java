package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.ControlGroup;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Run;
import io.fabric8.kubernetes.api.model.Container;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the node knows of one container. Owned by its pod's worker; other threads touch the volatile fields only. */
final class ContainerLife {
    final Role role;
    volatile Container spec;

    /** Runs begun so far; the current one has this number less one. */
    int attempts;

    int restarts;
    volatile @Nullable Run run;
    volatile @Nullable Launch launch;

    @Nullable
    ControlGroup group;

    @Nullable
    Instant startedAt;

    /** How the newest run ended; null while one goes on or before the first. */
    @Nullable
    Termination ended;

    /** How the run before ended. */
    @Nullable
    Termination last;

    RestartBackOff backOff = RestartBackOff.NONE;

    /** Why it does not run though it should: reason and message. */
    String waitingReason = "";

    String waitingMessage = "";
    Instant retryAt = Instant.EPOCH;
    Duration retryDelay = Duration.ZERO;

    volatile boolean started;
    volatile boolean ready;

    @Nullable
    ContainerStop stop;

    @Nullable
    ProbeLoops probes;

    ContainerLife(Container spec, Role role) {
        this.spec = spec;
        this.role = role;
    }

    String name() {
        return spec.getName();
    }

    int attempt() {
        return Math.max(0, attempts - 1);
    }

    boolean running() {
        return run != null;
    }

    PodPlan.View view() {
        PodPlan.Stage stage =
                running() ? PodPlan.Stage.RUNNING : ended != null ? PodPlan.Stage.ENDED : PodPlan.Stage.NEW;
        Instant notBefore = ended == null ? retryAt : later(backOff.notBefore(ended.finishedAt()), retryAt);
        return new PodPlan.View(
                name(), role, stage, ended == null ? 0 : ended.exitCode(), running() && started, notBefore);
    }

    void waiting(String reason, String message) {
        waitingReason = reason;
        waitingMessage = message;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
