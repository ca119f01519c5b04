package dev.gyropilot.engines.llama;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@code llama-server} of the system: run as a child in this process' group, with its own API, health and metrics. */
final class LlamaProgram {
    private static final Logger LOG = LoggerFactory.getLogger(LlamaProgram.class);

    private LlamaProgram() {}

    /** The program on a PATH. */
    static Optional<Path> find(String path) {
        for (String folder : path.split(File.pathSeparator, -1)) {
            Path program = Path.of(folder.isEmpty() ? "." : folder, "llama-server");
            if (Files.isRegularFile(program) && Files.isExecutable(program)) {
                return Optional.of(program);
            }
        }
        return Optional.empty();
    }

    /** Runs it until it ends or this process is told to end; its exit code. */
    static int run(List<String> command, long graceSeconds) {
        LOG.info("running {}", String.join(" ", command));
        CompletableFuture<Process> started = new CompletableFuture<>();
        // Before the start, so that no moment is left in which the program would outlive this process.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(started, graceSeconds)));
        Process process;
        try {
            process = new ProcessBuilder(command).inheritIO().start();
            started.complete(process);
        } catch (IOException e) {
            started.cancel(false);
            throw new EngineException(
                    Code.SYSTEM,
                    "Cannot run " + command.getFirst() + ": " + e.getMessage()
                            + ". Mend it, or take it off the PATH to use the built-in llama.cpp.",
                    e);
        }
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            return Code.INTERNAL.exitCode();
        }
    }

    private static void stop(CompletableFuture<Process> started, long graceSeconds) {
        try {
            Process process = started.get(graceSeconds, TimeUnit.SECONDS);
            process.destroy();
            if (!process.waitFor(graceSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException | ExecutionException | TimeoutException | CancellationException e) {
            LOG.warn("llama-server did not start, so there is nothing to stop");
        }
    }
}
