package dev.gyropilot.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "down", description = "Stop the running Gyropilot and the pods it started; all data stays.")
final class DownCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for a clean stop (default: ${DEFAULT-VALUE}).",
            defaultValue = "60")
    private int timeoutSeconds = 60;

    DownCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() throws Exception {
        Optional<ProcessHandle> process = home.runState().flatMap(RunState::process);
        if (process.isEmpty()) {
            terminal.say("Gyropilot is not running on " + home.directory() + ": nothing to stop.");
            return 0;
        }
        ProcessHandle running = process.get();
        terminal.doing("stopping Gyropilot, process " + running.pid());
        running.destroy();
        try {
            running.onExit().get(timeoutSeconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new CliError(
                    "process " + running.pid() + " did not stop within " + timeoutSeconds + " s",
                    "Its log is " + home.log() + "; `kill -9 " + running.pid() + "` loses nothing acknowledged.",
                    e);
        }
        home.clearRunState();
        terminal.done("stopped; the data stays in " + home.directory());
        return 0;
    }
}
