package dev.gyropilot.node.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Starts programs that outlive this process. Each has a small shell beside it which waits for it and writes its exit code
 * to disk, so that a node that was killed finds on its return what still runs and how the rest ended.
 */
public final class Supervisor implements AutoCloseable {
    private static final long POLL_MILLIS = 200;
    /** How long the shell beside an ended program may take to write its exit code. */
    private static final long EXIT_FILE_LIMIT_MILLIS = 2_000;

    private final Path script;
    private final InstantSource clock;
    private final Map<Run, Long> adopted = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("node-adopted").factory());

    public Supervisor(Path directory, InstantSource clock) throws IOException {
        this.clock = clock;
        script = directory.resolve("supervise.sh");
        try (InputStream source = Objects.requireNonNull(
                Supervisor.class.getResourceAsStream("supervise.sh"), "supervise.sh is missing from the program")) {
            Path fresh = directory.resolve("supervise.sh.new");
            Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
            // By renaming: shells of the previous node may still read the old one.
            Files.move(fresh, script, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        }
        var _ = timer.scheduleWithFixedDelay(this::pollAdopted, POLL_MILLIS, POLL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Starts a program whose traces go to a fresh {@code directory}. */
    public Run start(Path directory, Launch launch) throws IOException {
        Files.createDirectories(directory);
        var words = new ArrayList<>(Programs.newSession());
        words.add("/bin/sh");
        words.add(script.toString());
        words.add(directory.toString());
        words.add(launch.workingDirectory().toString());
        words.add(launch.joinGroups().stream().map(Path::toString).collect(Collectors.joining("\n")));
        words.addAll(launch.fullCommand());
        var builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(launch.shellEnvironment());
        Process shell = builder.start();
        shell.getOutputStream().close();
        String said = new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        ProcessId process = processOf(directory)
                .orElseThrow(() -> new IOException("the program could not be started: " + said.strip()));
        var run = new Run(directory, process, new CompletableFuture<>());
        var _ = shell.onExit().thenRun(() -> shellEnded(run));
        return run;
    }

    /** A run that an earlier node started, whether it still goes on or has ended; empty when it never began. */
    public Optional<Run> adopt(Path directory) {
        return processOf(directory).map(process -> {
            var run = new Run(directory, process, new CompletableFuture<>());
            if (!finished(run)) {
                adopted.put(run, Long.MAX_VALUE);
            }
            return run;
        });
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void shellEnded(Run run) {
        if (!finished(run)) {
            // Somebody ended the shell but not the program: watch it ourselves.
            adopted.put(run, Long.MAX_VALUE);
        }
    }

    private void pollAdopted() {
        for (var entry : Map.copyOf(adopted).entrySet()) {
            Run run = entry.getKey();
            if (finished(run)) {
                adopted.remove(run);
            } else if (!run.process().alive()) {
                long now = clock.millis();
                long deadline = Math.min(entry.getValue(), now + EXIT_FILE_LIMIT_MILLIS);
                adopted.put(run, deadline);
                if (now >= deadline) {
                    adopted.remove(run);
                    run.exit().complete(new Run.Exit(Run.Exit.UNSEEN, clock.instant(), false));
                }
            }
        }
    }

    private static boolean finished(Run run) {
        Path file = run.directory().resolve("exit");
        try {
            String text = Files.readString(file);
            if (!text.endsWith("\n")) {
                return false;
            }
            var at = Files.getLastModifiedTime(file).toInstant();
            run.exit().complete(new Run.Exit(Integer.parseInt(text.strip()), at, true));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<ProcessId> processOf(Path directory) {
        try {
            String[] words = Files.readString(directory.resolve("pid")).strip().split(" ");
            return words.length < 2 ? Optional.empty() : Optional.of(new ProcessId(Long.parseLong(words[0]), words[1]));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
