package dev.gyropilot.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "env",
        description = {
            "Print shell exports that point kubectl and the OpenAI clients at the running Gyropilot.",
            "Use: eval \"$(gyro env)\""
        })
final class EnvCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Home home;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "json|yaml",
            description = "Print as json or yaml in place of exports.")
    private Output output = Output.table;

    EnvCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public Integer call() {
        RunState state = home.running();
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("KUBECONFIG", home.kubeconfig().toString());
        variables.put("OPENAI_BASE_URL", state.gateway() + "/v1");
        variables.put("OPENAI_API_KEY", home.apiKey());
        if (output.machine()) {
            output.print(terminal, variables);
        } else {
            variables.forEach((name, value) -> terminal.out().println("export " + name + "=" + quoted(value)));
        }
        return 0;
    }

    /** The value in single quotes, as a POSIX shell reads it. */
    static String quoted(String value) {
        return "'" + value.replace("'", "'\\''") + "'";
    }
}
