package dev.gyropilot.node.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Short-lived commands beside a container's program: probes, hooks and exec. They end with the node. */
public final class Exec {
    private static final Logger log = LoggerFactory.getLogger(Exec.class);
    private static final int OUTPUT_LIMIT_BYTES = 10 * 1024;
    private static final String JOIN =
            "g=$1; shift; IFS='\n'; for f in $g; do echo 0 >\"$f\" || exit 126; done; unset IFS; exec \"$@\"";

    private Exec() {}

    /** What a finished command left; {@code code} is {@link #TIMED_OUT} when it had to be ended. */
    public record Result(int code, String output) {
        public static final int TIMED_OUT = -1;
    }

    /** Starts a command with pipes to its three streams, in the container's environment and control groups. */
    public static Process start(Launch launch) throws IOException {
        return builder(launch).start();
    }

    static ProcessBuilder builder(Launch launch) {
        List<String> words = new ArrayList<>();
        if (!launch.joinGroups().isEmpty()) {
            words.addAll(List.of("/bin/sh", "-c", JOIN, "sh"));
            words.add(launch.joinGroups().stream().map(Object::toString).collect(Collectors.joining("\n")));
        }
        words.addAll(launch.fullCommand());
        var builder =
                new ProcessBuilder(words).directory(launch.workingDirectory().toFile());
        builder.environment().clear();
        builder.environment().putAll(launch.shellEnvironment());
        return builder;
    }

    /** Runs a command to its end and gives its output, both streams together, up to a limit. */
    public static Result run(Launch launch, Duration limit) throws IOException, InterruptedException {
        Process process = builder(launch).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new Output();
        Thread reader = Thread.ofVirtual().start(() -> read(process.getInputStream(), output));
        boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            kill(process);
        }
        reader.join(Duration.ofSeconds(1));
        return new Result(ended ? process.exitValue() : Result.TIMED_OUT, output.toString());
    }

    /** Ends a command and what it started. */
    public static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        Posix.kill(-process.pid(), Posix.SIGKILL);
        process.destroyForcibly();
    }

    private static void read(InputStream in, Output output) {
        try (in) {
            byte[] block = new byte[1024];
            int read;
            while ((read = in.read(block)) >= 0) {
                output.add(block, read);
            }
        } catch (IOException e) {
            log.debug("output of a command ended early: {}", e.toString());
        }
    }

    /** The first bytes that a command wrote; read while it may still write. */
    private static final class Output {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        synchronized void add(byte[] block, int length) {
            bytes.write(block, 0, Math.min(length, Math.max(0, OUTPUT_LIMIT_BYTES - bytes.size())));
        }

        @Override
        public synchronized String toString() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
