package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        description = {
            "Check a cluster, before an installation or after it: what it offers, what is missing, and the remedy.",
            "Exit code 0 when nothing stands in the way."
        })
final class DoctorCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private InstallOptions options = new InstallOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml.")
    private Output output = Output.table;

    DoctorCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        try (var client = options.client()) {
            List<Finding> findings = new Checkup(client, options.namespace()).all();
            if (output.machine()) {
                var list = JsonNodeFactory.instance.arrayNode();
                findings.forEach(finding -> list.add(json(finding)));
                output.print(terminal, list);
            } else {
                findings.forEach(this::print);
            }
            return findings.stream().anyMatch(f -> f.verdict() == Finding.Verdict.BAD) ? 1 : 0;
        }
    }

    private static ObjectNode json(Finding finding) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("check", finding.check())
                .put("verdict", finding.verdict().name().toLowerCase(Locale.ROOT))
                .put("message", finding.message())
                .put("remedy", finding.remedy());
    }

    private void print(Finding finding) {
        String mark = switch (finding.verdict()) {
            case GOOD -> terminal.green("✓");
            case NOTE -> terminal.yellow("!");
            case BAD -> terminal.red("✗");
        };
        terminal.out().println(mark + " " + finding.check() + ": " + finding.message());
        if (!finding.remedy().isEmpty()) {
            terminal.out().println("    " + finding.remedy());
        }
    }
}
