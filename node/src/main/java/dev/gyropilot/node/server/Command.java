package dev.gyropilot.node.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.node.json.Json;
import dev.gyropilot.node.process.Exec;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Programs;
import dev.gyropilot.node.process.TerminalProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one command for a far end and tells it how the command ended. */
final class Command {
    private static final Logger log = LoggerFactory.getLogger(Command.class);
    private static final int BLOCK_BYTES = 16 * 1024;
    /** Something that the command left running may hold its output open; without news it is not waited for longer. */
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(2);

    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int INTERNAL_ERROR = 500;

    private volatile long newsNanos = System.nanoTime();

    /** @param words the command as the caller gave it */
    void run(Launch container, List<String> words, boolean input, boolean terminal, RemoteSession session) {
        try {
            Launch launch = container.withCommand(words);
            if (words.isEmpty()) {
                session.finish(failure("you must specify at least 1 command for the container"));
                return;
            }
            if (Programs.find(launch.command().getFirst(), launch.workingDirectory(), launch.environment())
                    .isEmpty()) {
                session.finish(failure("error executing command in container: exec: \"" + words.getFirst()
                        + "\": executable file not found in $PATH"));
                return;
            }
            session.finish(exit(terminal ? onTerminal(launch, session) : withPipes(launch, input, session)));
        } catch (IOException e) {
            session.finish(failure("error executing command in container: " + e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int withPipes(Launch launch, boolean input, RemoteSession session)
            throws IOException, InterruptedException {
        Process process = Exec.start(launch);
        session.onClosed(() -> Exec.kill(process));
        if (input) {
            var _ = copy("stdin", session.stdin(), process.getOutputStream(), true, false);
        } else {
            process.getOutputStream().close();
        }
        var outputs = List.of(
                copy("stdout", process.getInputStream(), session.stdout(), false, false),
                copy("stderr", process.getErrorStream(), session.stderr(), false, false));
        int code = process.waitFor();
        drain(outputs);
        return code;
    }

    private int onTerminal(Launch launch, RemoteSession session) throws IOException, InterruptedException {
        TerminalProcess terminal = TerminalProcess.start(launch);
        Process process = terminal.process();
        session.onClosed(() -> Exec.kill(process));
        session.onResize(terminal::resize);
        var _ = copy("terminal input", session.stdin(), terminal.input(), false, true);
        Thread output = copy("terminal output", terminal.output(), session.stdout(), false, true);
        int code = process.waitFor();
        drain(List.of(output));
        return code;
    }

    private Thread copy(String what, InputStream from, OutputStream to, boolean close, boolean blocksThread) {
        Runnable task = () -> {
            byte[] block = new byte[BLOCK_BYTES];
            try (from) {
                int read;
                while ((read = from.read(block)) >= 0) {
                    to.write(block, 0, read);
                    to.flush();
                    newsNanos = System.nanoTime();
                }
            } catch (IOException e) {
                log.debug("{} ended: {}", what, e.toString());
            }
            if (close) {
                close(to);
            }
        };
        // A read from a terminal is a system call of our own, which would hold a virtual thread's carrier.
        return blocksThread
                ? Thread.ofPlatform().daemon().name(what).start(task)
                : Thread.ofVirtual().name(what).start(task);
    }

    private void drain(List<Thread> outputs) throws InterruptedException {
        newsNanos = System.nanoTime();
        var open = new ArrayList<>(outputs);
        while (!open.isEmpty() && System.nanoTime() - newsNanos < SILENCE_LIMIT.toNanos()) {
            open.getFirst().join(LOOK);
            open.removeIf(t -> !t.isAlive());
        }
    }

    private static void close(OutputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            log.debug("input of a command was closed already");
        }
    }

    static String exit(int code) {
        ObjectNode status = Json.MAPPER.createObjectNode();
        status.putObject("metadata");
        if (code == 0) {
            return status.put("status", "Success").toString();
        }
        status.put("status", "Failure")
                .put("message", "command terminated with non-zero exit code: exit status " + code)
                .put("reason", "NonZeroExitCode");
        status.putObject("details")
                .putArray("causes")
                .addObject()
                .put("reason", "ExitCode")
                .put("message", Integer.toString(code));
        return status.toString();
    }

    static String failure(String message) {
        ObjectNode status = Json.MAPPER.createObjectNode();
        status.putObject("metadata");
        return status.put("status", "Failure")
                .put("message", "Internal error occurred: " + Objects.requireNonNullElse(message, "unknown"))
                .put("reason", "InternalError")
                .put("code", INTERNAL_ERROR)
                .toString();
    }
}
