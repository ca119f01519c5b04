package dev.gyropilot.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs programs as a user would. */
final class Command {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private Command() {}

    /** What a finished program left. */
    record Result(List<String> command, int code, String out, String err) {
        /** This result, or a failure that shows everything when the exit code is not 0. */
        Result succeeded() {
            if (code != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        Result failed() {
            if (code == 0) {
                throw new AssertionError("expected a failure: " + this);
            }
            return this;
        }

        @Override
        public String toString() {
            return "$ " + String.join(" ", command) + "\nexit " + code + "\n--- stdout\n" + out + "\n--- stderr\n"
                    + err;
        }
    }

    static Result run(Map<String, String> environment, List<String> command) {
        return run(environment, command, "", LIMIT);
    }

    static Result run(Map<String, String> environment, List<String> command, String input, Duration limit) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            Process process = builder.start();
            var out = read(process.getInputStream());
            var err = read(process.getErrorStream());
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(UTF_8));
            } catch (IOException e) {
                // The program ended without reading its input.
            }
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError("not finished after " + limit.toSeconds() + " s: " + String.join(" ", command)
                        + "\n" + out.getNow("") + err.getNow(""));
            }
            return new Result(command, process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), UTF_8));
            } catch (IOException e) {
                text.complete("(unreadable: " + e + ")");
            }
        });
        return text;
    }

    /** Whether a program is on the PATH. */
    static boolean exists(String program) {
        for (String folder : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}
