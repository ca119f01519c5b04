package dev.gyropilot.cli;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Starts {@code gyro up} as a background process in a session of its own. */
final class Background {
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final long LOOK_MILLIS = 20;

    private final Home home;
    private final Terminal terminal;

    Background(Home home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
    }

    /** Returns when all parts are ready, or fails with what the process said. */
    RunState start(PlatformOptions options) throws IOException, InterruptedException {
        terminal.doing("starting in the background");
        Path output = home.directory().resolve("logs").resolve("up.out");
        Files.deleteIfExists(output);
        Process process = new ProcessBuilder(command(options))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile())
                .redirectErrorStream(true)
                .start();
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (true) {
            Optional<RunState> state = home.runState().filter(RunState::ready);
            if (state.isPresent()) {
                return state.get();
            }
            if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                throw failure(Files.readString(output).strip());
            }
            if (System.nanoTime() > deadline) {
                process.destroy();
                throw new CliError(
                        "Gyropilot was not ready after " + READY_LIMIT.toSeconds() + " s",
                        "It was stopped; its log is " + home.log());
            }
        }
    }

    private static List<String> command(PlatformOptions options) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "up"));
        if (options.kubeconfig() != null) {
            command.addAll(List.of("--kubeconfig", options.kubeconfig().toString()));
        }
        command.addAll(List.of("--api-port", Integer.toString(options.apiPort())));
        command.addAll(List.of("--gateway-port", Integer.toString(options.gatewayPort())));
        options.simulate().forEach(spec -> command.addAll(List.of("--simulate", spec)));
        return command;
    }

    /** The error that the background process printed, as ours. */
    private CliError failure(String output) {
        List<String> lines = output.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("error: ")) {
                String remedy = i + 1 < lines.size() ? lines.get(i + 1).strip() : "";
                return new CliError(lines.get(i).substring("error: ".length()), remedy);
            }
        }
        return new CliError("the background process ended: " + output, "Its log is " + home.log());
    }
}
