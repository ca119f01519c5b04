package dev.gyropilot.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    VersionCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (output.machine()) {
            Map<String, String> version = new LinkedHashMap<>();
            version.put("version", Version.current());
            version.put("java", Runtime.version().toString());
            output.print(terminal, version);
        } else {
            terminal.out().println("gyropilot " + Version.current() + " (Java " + Runtime.version() + ")");
        }
        return 0;
    }
}
