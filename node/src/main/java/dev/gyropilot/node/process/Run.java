package dev.gyropilot.node.process;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * One run of a container's program.
 *
 * @param directory holds {@code pid}, {@code exit}, {@code stdout} and {@code stderr}
 * @param exit completes when the program has ended
 */
public record Run(Path directory, ProcessId process, CompletableFuture<Exit> exit) {
    /** How a program ended: its exit code, or 128 and the signal that ended it. */
    public record Exit(int code, Instant at, boolean known) {
        /** The code that stands for an end that nobody saw, as kubelets report it. */
        static final int UNSEEN = 137;
    }
}
