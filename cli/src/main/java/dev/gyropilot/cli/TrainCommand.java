package dev.gyropilot.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Starts everything once and runs the common commands, so that the JVM records which classes a start needs. The build runs it
 * with {@code -XX:AOTCacheOutput} in a data directory of its own.
 */
@Command(name = "train", hidden = true, description = "Used by the build: record the classes that a start needs.")
final class TrainCommand implements Callable<Integer> {
    private static final List<String[]> COMMANDS = List.of(
            new String[] {"status"},
            new String[] {"status", "-o", "json"},
            new String[] {"env"},
            new String[] {"get", "pods", "-A"},
            new String[] {"deploy", "minilm", "--dry-run", "-o", "yaml"},
            new String[] {"version"});

    private final Home home;

    TrainCommand(Terminal terminal, Home home) {
        this.home = home;
    }

    @Override
    public Integer call() throws Exception {
        home.prepare();
        home.lock();
        Logs.toFile(home.log());
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        Terminal quiet = new Terminal(nowhere, nowhere, false, true);
        int failures = 0;
        try (Platform _ = Platform.start(home, new PlatformOptions(null, 0, 0, List.of()), quiet)) {
            for (String[] command : COMMANDS) {
                failures += Main.run(command, quiet, home) == 0 ? 0 : 1;
            }
        }
        home.clearRunState();
        return failures == 0 ? 0 : 1;
    }
}
